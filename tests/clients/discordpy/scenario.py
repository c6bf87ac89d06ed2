"""Logs in to an emulator with discord.py and plays a scenario; the test plays the people.

    DISCORD_TOKEN=… python scenario.py http://127.0.0.1:PORT GUILD CHANNEL

Prints one JSON line per step and exits with 0 after the last. Anything unexpected is a step "surprise" and exit 1.
"""

import asyncio
import io
import json
import logging
import os
import sys
import traceback
import urllib.request

import discord
import yarl
from discord import app_commands

BASE, GUILD_ID, CHANNEL_ID = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


def tell(step: str, **facts: object) -> None:
    print(json.dumps({"step": step, **facts}), flush=True)


def surprise(what: object) -> None:
    if isinstance(what, BaseException):
        what = "".join(traceback.format_exception(what))
    tell("surprise", what=str(what))
    os._exit(1)


class Listener(logging.Handler):
    """discord.py reports payloads that it cannot read only in its log."""

    def emit(self, record: logging.LogRecord) -> None:
        # A dropped socket is part of the scenario; a missing voice library is not our business.
        text = record.getMessage()
        if "PyNaCl" in text or "davey" in text or (scenario.may_drop and "reconnect" in text.lower()):
            return
        if record.exc_info and record.exc_info[1]:
            surprise(record.exc_info[1])
        surprise(text)


class Note(discord.ui.Modal, title="A note"):
    text = discord.ui.Label(text="Your note", component=discord.ui.TextInput(style=discord.TextStyle.paragraph))
    division = discord.ui.Label(
        text="Division",
        component=discord.ui.Select(
            options=[
                discord.SelectOption(label="Benefits", value="benefits"),
                discord.SelectOption(label="Claims", value="claims"),
            ]
        ),
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        (division,) = self.division.component.values
        await interaction.edit_original_response(content=f"Noted for {division}")
        tell("modal", by=interaction.user.name, text=self.text.component.value, division=division)
        sent = await interaction.user.send("Thank you for your note")
        assert isinstance(sent.channel, discord.DMChannel)
        scenario.may_drop = True
        tell("direct_message", to=interaction.user.name, content=sent.content)

    async def on_error(self, interaction: discord.Interaction, error: Exception) -> None:
        surprise(error)


class Buttons(discord.ui.View):
    @discord.ui.button(label="Wave", style=discord.ButtonStyle.primary, custom_id="wave")
    async def wave(self, interaction: discord.Interaction, button: discord.ui.Button) -> None:
        by = interaction.user.name
        await interaction.response.edit_message(content=f"{interaction.message.content}, {by} waves")
        tell("click", by=by, custom_id=button.custom_id)

    @discord.ui.button(label="Write", custom_id="write")
    async def write(self, interaction: discord.Interaction, button: discord.ui.Button) -> None:
        await interaction.response.send_modal(Note())
        tell("modal_opened", by=interaction.user.name)

    async def on_error(self, interaction: discord.Interaction, error: Exception, item: discord.ui.Item) -> None:
        surprise(error)


class Scenario(discord.Client):
    def __init__(self) -> None:
        super().__init__(intents=discord.Intents(guilds=True))
        self.tree = app_commands.CommandTree(self)
        self.tree.error(self.on_command_error)
        self.may_drop = False
        self.resumed = False
        self.started = False

    async def on_command_error(self, interaction: discord.Interaction, error: Exception) -> None:
        surprise(error)

    async def on_error(self, event: str, *args: object, **kwargs: object) -> None:
        surprise(sys.exc_info()[1])

    async def on_ready(self) -> None:
        if self.started:
            surprise("a second session was opened instead of resuming the first")
        self.started = True
        guild = self.get_guild(GUILD_ID)
        channel = self.get_channel(CHANNEL_ID)
        assert guild is not None and channel is not None, "guild and channel arrived"
        tell("ready", bot=self.user.name, guild=guild.name, channel=channel.name)

        self.tree.add_command(greet, guild=guild)
        await self.tree.sync(guild=guild)
        listed = await self.tree.fetch_commands(guild=guild)
        tell("registered", names=[command.name for command in listed])

        embed = discord.Embed(title="Chart", description="See the picture").set_image(url="attachment://dot.png")
        posted = await channel.send(
            "Good morning",
            embed=embed,
            file=discord.File(io.BytesIO(b"not really a picture"), "dot.png", description="A dot"),
            allowed_mentions=discord.AllowedMentions.none(),
        )
        # Discord shows a file that an embed uses in the embed alone.
        address = posted.attachments[0].url if posted.attachments else posted.embeds[0].image.url
        served = await asyncio.to_thread(lambda: urllib.request.urlopen(address, timeout=5).read().decode())
        await posted.edit(content="Good morning, everyone")
        found = await channel.fetch_message(posted.id)
        assert found.edited_at is not None, "the edit left its time"
        tell("posted", content=found.content, title=found.embeds[0].title, served=served)

    async def on_disconnect(self) -> None:
        if not self.may_drop:
            surprise("the socket dropped before it should")

    async def on_resumed(self) -> None:
        self.resumed = True
        tell("resumed")


async def suggest(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
    tell("suggested", by=interaction.user.name, typed=typed)
    return [app_commands.Choice(name=name, value=name) for name in ("Bea", "Ben", "Cy") if name.startswith(typed)]


@app_commands.command(name="greet", description="Says hello to somebody")
@app_commands.describe(name="Whom to greet")
@app_commands.autocomplete(name=suggest)
async def greet(interaction: discord.Interaction, name: str) -> None:
    by = interaction.user.name
    assert interaction.guild_id == GUILD_ID and isinstance(interaction.user, discord.Member), "who asks is told whole"
    if not scenario.resumed:
        answer = await interaction.response.send_message(f"Hello {name}", view=Buttons(timeout=None))
        assert answer.message_id is not None
        tell("command", by=by, name=name)
        return
    await interaction.response.send_message(f"Hello again {name}", ephemeral=True)
    more = await interaction.followup.send("One more thing", ephemeral=True, wait=True)
    assert more.flags.ephemeral, "the follow-up is ephemeral"
    tell("command", by=by, name=name)
    await scenario.close()


async def main() -> None:
    with urllib.request.urlopen(f"{BASE}/api/v10/gateway", timeout=5) as answer:
        gateway = json.load(answer)["url"]
    discord.http.Route.BASE = f"{BASE}/api/v10"
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)
    async with asyncio.timeout(60), scenario:
        await scenario.start(os.environ["DISCORD_TOKEN"])
    if not scenario.resumed:
        surprise("the client stopped before the end")
    tell("done")


scenario = Scenario()
logging.getLogger("discord").addHandler(Listener(level=logging.WARNING))
try:
    asyncio.run(main())
except Exception as error:
    surprise(error)
