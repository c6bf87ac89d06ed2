// Logs in to an emulator with discord.js and uses every kind of option, control, field, file and message; the test plays the people.
//
//   DISCORD_TOKEN=… node kinds.mjs http://127.0.0.1:PORT GUILD CHANNEL
//
// Prints one JSON line per step and exits with 0 after the last. Anything unexpected is a step "surprise" and exit 1.

import { ApplicationCommandOptionType as Option, ApplicationCommandType, AttachmentBuilder, ButtonStyle, Client, ComponentType as Part, Events, GatewayIntentBits, MessageFlags, TextInputStyle } from 'discord.js';
import assert from 'node:assert/strict';

const [base, guildId, channelId] = process.argv.slice(2);
const client = new Client({ intents: [GatewayIntentBits.Guilds], rest: { api: `${base}/api`, version: '10', retries: 0, timeout: 20_000 } });
const tell = (step, facts = {}) => process.stdout.write(`${JSON.stringify({ step, ...facts })}\n`);
function surprise(what) {
  tell('surprise', { what: what?.stack ?? String(what) });
  process.exit(1);
}
setTimeout(() => surprise('the scenario took longer than 120 s'), 120_000).unref();
process.on('unhandledRejection', surprise);
process.on('uncaughtException', surprise);
for (const event of [Events.Error, Events.Warn, Events.Invalidated, Events.ShardDisconnect, Events.ShardError]) client.on(event, surprise);

const OPTIONS = [
  [Option.String, 'text'], [Option.Integer, 'whole'], [Option.Number, 'number'], [Option.Boolean, 'yesno'], [Option.User, 'person'], [Option.Channel, 'channel'],
  [Option.Role, 'role'], [Option.Mentionable, 'anyone'], [Option.Attachment, 'file'],
].map(([type, name]) => ({ type, name, description: `One ${name}`, required: true }));
const choice = { type: Option.String, name: 'choice', description: 'One of two', choices: [{ name: 'Red', value: 'r' }, { name: 'Blue', value: 'b' }] };
const counted = { type: Option.Integer, name: 'count', description: 'How many', autocomplete: true };
const words = () => ['one', 'two'].map(name => ({ label: name.toUpperCase(), value: name }));

client.once(Events.ClientReady, async () => {
  await client.guilds.cache.get(guildId).commands.set([
    { name: 'kinds', description: 'One option of each kind', options: [...OPTIONS, choice] },
    { name: 'deep', description: 'Below', options: [{ type: Option.SubcommandGroup, name: 'down', description: 'Further', options: [{ type: Option.Subcommand, name: 'here', description: 'The end', options: [counted] }] }] },
    { name: 'controls', description: 'Every control' },
    { name: 'form', description: 'A form with labels', options: [{ type: Option.String, name: 'which', description: 'Which', required: true }] },
    { name: 'afterwards', description: 'What comes after an answer' },
    { name: 'room', description: 'Threads' },
    { name: 'many', description: 'Many messages' },
    { name: 'Look up', type: ApplicationCommandType.User },
    { name: 'Quote', type: ApplicationCommandType.Message },
  ]);
  tell('ready');
});

const controls = {
  flags: MessageFlags.IsComponentsV2,
  components: [
    { type: Part.TextDisplay, content: 'Every **control**' },
    { type: Part.ActionRow, components: [ButtonStyle.Primary, ButtonStyle.Secondary, ButtonStyle.Success, ButtonStyle.Danger].map(style => ({ type: Part.Button, style, custom_id: `b${style}`, label: `Button ${style}` }))
      .concat([{ type: Part.Button, style: ButtonStyle.Link, url: 'https://example.gov/', label: 'Link' }]) },
    { type: Part.ActionRow, components: [{ type: Part.StringSelect, custom_id: 'strings', placeholder: 'strings', min_values: 1, max_values: 2, options: words() }] },
    ...[[Part.UserSelect, 'users'], [Part.RoleSelect, 'roles'], [Part.MentionableSelect, 'mentionables'], [Part.ChannelSelect, 'channels']]
      .map(([type, name]) => ({ type: Part.ActionRow, components: [{ type, custom_id: name, placeholder: name }] })),
    { type: Part.Separator },
    { type: Part.Container, components: [
      { type: Part.Section, components: [{ type: Part.TextDisplay, content: 'Beside' }], accessory: { type: Part.Button, style: ButtonStyle.Secondary, custom_id: 'beside', label: 'Press me' } },
      { type: Part.File, file: { url: 'attachment://note.txt' } },
    ] },
  ],
  files: [new AttachmentBuilder(Buffer.from('a note'), { name: 'note.txt' })],
};

const label = (name, component) => ({ type: Part.Label, label: name, component: { ...component, custom_id: name } });
const FORMS = {
  people: [label('users', { type: Part.UserSelect }), label('roles', { type: Part.RoleSelect }), label('mentionables', { type: Part.MentionableSelect }), label('channels', { type: Part.ChannelSelect }),
    label('strings', { type: Part.StringSelect, options: words() })],
  marks: [label('radio', { type: Part.RadioGroup, options: words() }), label('boxes', { type: Part.CheckboxGroup, options: words() }), label('tick', { type: Part.Checkbox }),
    label('files', { type: Part.FileUpload }), label('text', { type: Part.TextInput, style: TextInputStyle.Short })],
  rows: [{ type: Part.ActionRow, components: [{ type: Part.TextInput, custom_id: 'old', label: 'old', style: TextInputStyle.Paragraph }] }],
};

const read = async attachment => (await fetch(attachment.url)).text();
const names = collection => [...collection.values()].map(one => one.username ?? one.user?.username ?? one.name);

async function ran(interaction) {
  const { options } = interaction;
  switch (interaction.commandName) {
    case 'kinds': {
      const given = {
        text: options.getString('text', true), whole: options.getInteger('whole', true), number: options.getNumber('number', true), yesno: options.getBoolean('yesno', true),
        person: options.getUser('person', true).username, channel: options.getChannel('channel', true).name, role: options.getRole('role', true).name,
        anyone: options.getMentionable('anyone', true).name, choice: options.getString('choice'), file: await read(options.getAttachment('file', true)),
      };
      assert.equal(options.getMember('person').displayName.toLowerCase(), given.person);
      const answer = await interaction.reply({ content: 'Here it is back', files: [new AttachmentBuilder(Buffer.from(given.file.toUpperCase()), { name: 'back.txt', description: 'The same, louder' })], withResponse: true });
      const [file] = answer.resource.message.attachments.values();
      assert.equal(file.description, 'The same, louder');
      return tell('kinds', { given, back: await read(file) });
    }
    case 'deep':
      await interaction.reply(`${options.getSubcommandGroup()} ${options.getSubcommand()} ${options.getInteger('count')}`);
      return tell('deep');
    case 'controls':
      await interaction.reply(controls);
      return tell('controls', { parts: (await interaction.fetchReply()).components.map(part => part.type) });
    case 'form':
      await interaction.showModal({ title: options.getString('which'), custom_id: options.getString('which'), components: FORMS[options.getString('which')] });
      return tell('form');
    case 'afterwards': {
      await interaction.deferReply({ flags: MessageFlags.Ephemeral });
      const first = await interaction.editReply('First');
      assert.ok(first.flags.has(MessageFlags.Ephemeral));
      const second = await interaction.followUp({ content: 'Second', flags: MessageFlags.Ephemeral });
      await interaction.editReply({ message: second.id, content: 'Second, changed' });
      assert.equal((await interaction.fetchReply(second.id)).content, 'Second, changed');
      const third = await interaction.followUp({ content: 'Third', flags: MessageFlags.Ephemeral });
      await interaction.deleteReply(third.id);
      const open = await interaction.followUp('For everybody');
      await open.edit({ content: 'For everybody, changed', files: [new AttachmentBuilder(Buffer.from('late'), { name: 'late.txt' })] });
      const found = await interaction.channel.messages.fetch({ message: open.id, force: true });
      // The library changes what it has in hand, so the file is read first.
      const late = await read(found.attachments.first());
      await found.edit({ attachments: [] });
      const bare = await interaction.channel.messages.fetch({ message: open.id, force: true });
      return tell('afterwards', { late, left: bare.attachments.size, content: bare.content });
    }
    case 'room': {
      await interaction.reply('Threads');
      const post = await interaction.channel.send('Let us talk');
      const thread = await post.startThread({ name: 'On the post', autoArchiveDuration: 1440 });
      await thread.send('First in the thread');
      assert.equal((await post.fetch(true)).thread?.id ?? thread.id, thread.id);
      const other = await interaction.channel.threads.create({ name: 'By itself', autoArchiveDuration: 60 });
      await other.setName('By itself, renamed');
      await other.members.add(interaction.user.id);
      const active = await interaction.guild.channels.fetchActiveThreads();
      await other.setArchived(true);
      return tell('room', { active: active.threads.map(one => one.name).sort(), archived: (await client.channels.fetch(other.id, { force: true })).archived });
    }
    case 'many': {
      await interaction.reply('Many');
      await Promise.all(Array.from({ length: 7 }, (_, at) => interaction.channel.send(`Message ${at}`)));
      tell('many');
      await client.destroy();
      tell('done');
      process.exit(0);
    }
  }
  surprise(`an unknown command: ${interaction.commandName}`);
}

async function submitted(interaction) {
  const { fields } = interaction;
  const given = {
    people: () => ({ users: names(fields.getSelectedUsers('users')), roles: names(fields.getSelectedRoles('roles')), channels: names(fields.getSelectedChannels('channels')),
      mentionables: Object.values(fields.getSelectedMentionables('mentionables')).flatMap(some => (some instanceof Map ? names(some) : [])), strings: fields.getStringSelectValues('strings') }),
    marks: async () => ({ radio: fields.getRadioGroup('radio'), boxes: fields.getCheckboxGroup('boxes'), tick: fields.getCheckbox('tick'), files: await read(fields.getUploadedFiles('files').first()), text: fields.getTextInputValue('text') }),
    rows: () => ({ old: fields.getTextInputValue('old') }),
  }[interaction.customId];
  const got = await given();
  await interaction.reply({ content: 'Taken', flags: MessageFlags.Ephemeral });
  tell('submitted', { got });
}

async function serve(interaction) {
  if (interaction.isAutocomplete()) {
    await interaction.respond([{ name: `${interaction.options.getFocused()} of them`, value: 42 }]);
    return tell('suggested');
  }
  if (interaction.isUserContextMenuCommand()) {
    await interaction.reply({ content: interaction.targetMember.displayName, flags: MessageFlags.Ephemeral });
    return tell('menu', { of: interaction.targetUser.username });
  }
  if (interaction.isMessageContextMenuCommand()) {
    await interaction.reply({ content: interaction.targetMessage.content, flags: MessageFlags.Ephemeral });
    return tell('menu', { of: interaction.targetMessage.content });
  }
  if (interaction.isChatInputCommand()) return ran(interaction);
  if (interaction.isModalSubmit()) return submitted(interaction);
  if (interaction.isButton()) {
    await interaction.deferUpdate();
    await interaction.followUp({ content: 'Pressed', flags: MessageFlags.Ephemeral });
    return tell('pressed', { id: interaction.customId });
  }
  if (interaction.isAnySelectMenu()) {
    const chosen = interaction.isStringSelectMenu() ? interaction.values : [...names(interaction.users ?? new Map()), ...names(interaction.roles ?? new Map()), ...names(interaction.channels ?? new Map())];
    await interaction.reply({ content: 'Chosen', flags: MessageFlags.Ephemeral });
    return tell('chosen', { id: interaction.customId, chosen });
  }
  return surprise(`an interaction of type ${interaction.type}`);
}
client.on(Events.InteractionCreate, interaction => serve(interaction).catch(surprise));

await client.login(process.env.DISCORD_TOKEN);
