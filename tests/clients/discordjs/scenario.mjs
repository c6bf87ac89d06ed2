// Logs in to an emulator with discord.js and plays a scenario; the test plays the people.
//
//   DISCORD_TOKEN=… node scenario.mjs http://127.0.0.1:PORT GUILD CHANNEL
//
// Prints one JSON line per step and exits with 0 after the last. Anything unexpected is a step "surprise" and exit 1.

import {
  ActionRowBuilder,
  ApplicationCommandOptionType,
  AttachmentBuilder,
  ButtonBuilder,
  ButtonStyle,
  Client,
  ComponentType,
  Events,
  GatewayIntentBits,
  MessageFlags,
  TextInputStyle,
} from 'discord.js';
import assert from 'node:assert/strict';

const [base, guildId, channelId] = process.argv.slice(2);
const client = new Client({
  intents: [GatewayIntentBits.Guilds],
  rest: { api: `${base}/api`, version: '10', retries: 0, timeout: 5_000 },
});

const tell = (step, facts = {}) => process.stdout.write(`${JSON.stringify({ step, ...facts })}\n`);
function surprise(what) {
  tell('surprise', { what: what?.stack ?? String(what) });
  process.exit(1);
}
setTimeout(() => surprise('the scenario took longer than 60 s'), 60_000).unref();
process.on('unhandledRejection', surprise);
process.on('uncaughtException', surprise);

let talkedTo = null;
let mayDrop = false;
let resumed = false;

for (const event of [Events.Error, Events.Warn, Events.Invalidated, Events.ShardDisconnect]) {
  client.on(event, what => surprise(`${event}: ${what?.stack ?? JSON.stringify(what)}`));
}
client.on(Events.ShardError, error => mayDrop || surprise(error));
client.on(Events.ShardReconnecting, () => mayDrop || surprise('the socket dropped before it should'));
client.rest.on('rateLimited', info => surprise(`rate limited: ${JSON.stringify(info)}`));

client.once(Events.ClientReady, async () => {
  const guild = client.guilds.cache.get(guildId);
  const channel = client.channels.cache.get(channelId);
  assert.ok(guild?.available, 'the guild arrived');
  assert.ok(channel, 'the channel arrived with its guild');
  tell('ready', { bot: client.user.username, guild: guild.name, channel: channel.name });

  const commands = await guild.commands.set([
    {
      name: 'greet',
      description: 'Says hello to somebody',
      options: [
        { type: ApplicationCommandOptionType.String, name: 'name', description: 'Whom to greet', required: true, autocomplete: true },
      ],
    },
  ]);
  assert.equal(commands.size, 1);
  const listed = await guild.commands.fetch();
  tell('registered', { names: listed.map(command => command.name) });

  const posted = await channel.send({
    content: 'Good morning',
    embeds: [{ title: 'Chart', description: 'See the picture', image: { url: 'attachment://dot.png' } }],
    files: [new AttachmentBuilder(Buffer.from('not really a picture'), { name: 'dot.png', description: 'A dot' })],
    nonce: '1234567890',
    enforceNonce: true,
    allowedMentions: { parse: [] },
  });
  // Discord shows a file that an embed uses in the embed alone.
  const file = posted.attachments.first()?.url ?? posted.embeds[0].image.url;
  const served = await (await fetch(file)).text();
  const edited = await posted.edit({ content: 'Good morning, everyone' });
  const found = await channel.messages.fetch({ message: posted.id, force: true });
  assert.equal(edited.id, posted.id);
  assert.ok(found.editedTimestamp, 'the edit left its time');
  tell('posted', { content: found.content, title: found.embeds[0].title, served });
});

const buttons = () =>
  new ActionRowBuilder().addComponents(
    new ButtonBuilder().setCustomId('wave').setLabel('Wave').setStyle(ButtonStyle.Primary),
    new ButtonBuilder().setCustomId('write').setLabel('Write').setStyle(ButtonStyle.Secondary),
  );

const modal = {
  title: 'A note',
  custom_id: 'note',
  components: [
    {
      type: ComponentType.Label,
      label: 'Your note',
      component: { type: ComponentType.TextInput, custom_id: 'text', style: TextInputStyle.Paragraph, required: true },
    },
    {
      type: ComponentType.Label,
      label: 'Division',
      component: {
        type: ComponentType.StringSelect,
        custom_id: 'division',
        options: [
          { label: 'Benefits', value: 'benefits' },
          { label: 'Claims', value: 'claims' },
        ],
      },
    },
  ],
};

async function serve(interaction) {
  const by = interaction.user.username;
  assert.equal(interaction.guildId, guildId);
  assert.ok(interaction.member && interaction.memberPermissions && interaction.appPermissions, 'who asks is told whole');
  if (interaction.isAutocomplete()) {
    const typed = interaction.options.getFocused();
    await interaction.respond(['Bea', 'Ben', 'Cy'].filter(name => name.startsWith(typed)).map(name => ({ name, value: name })));
    tell('suggested', { by, typed });
  } else if (interaction.isChatInputCommand()) {
    const name = interaction.options.getString('name', true);
    if (!resumed) {
      const answer = await interaction.reply({ content: `Hello ${name}`, components: [buttons()], withResponse: true });
      assert.equal(answer.resource.message.content, `Hello ${name}`);
      return tell('command', { by, name });
    }
    await interaction.reply({ content: `Hello again ${name}`, flags: MessageFlags.Ephemeral });
    const more = await interaction.followUp({ content: 'One more thing', flags: MessageFlags.Ephemeral });
    assert.ok(more.flags.has(MessageFlags.Ephemeral), 'the follow-up is ephemeral');
    tell('command', { by, name });
    await client.destroy();
    tell('done');
    process.exit(0);
  } else if (interaction.isButton() && interaction.customId === 'wave') {
    await interaction.update({ content: `${interaction.message.content}, ${by} waves` });
    tell('click', { by, custom_id: interaction.customId });
  } else if (interaction.isButton() && interaction.customId === 'write') {
    await interaction.showModal(modal);
    tell('modal_opened', { by });
  } else if (interaction.isModalSubmit()) {
    talkedTo = interaction.user;
    await interaction.deferReply({ flags: MessageFlags.Ephemeral });
    const text = interaction.fields.getTextInputValue('text');
    const [division] = interaction.fields.getStringSelectValues('division');
    await interaction.editReply({ content: `Noted for ${division}` });
    tell('modal', { by, text, division });
    const sent = await talkedTo.send({ content: 'Thank you for your note' });
    assert.equal(sent.guildId, null);
    mayDrop = true;
    tell('direct_message', { to: talkedTo.username, content: sent.content });
  } else {
    surprise(`an interaction of type ${interaction.type}`);
  }
}

client.on(Events.InteractionCreate, interaction => serve(interaction).catch(surprise));
client.on(Events.ShardResume, () => {
  assert.ok(mayDrop, 'nothing is resumed before the socket drops');
  resumed = true;
  tell('resumed');
});

await client.login(process.env.DISCORD_TOKEN);
