"""Logs in to an emulator with discord.py and uses every kind of option, control, field, file and message; the test plays the people.

    DISCORD_TOKEN=… python kinds.py http://127.0.0.1:PORT GUILD CHANNEL

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
from typing import Optional, Union

import discord
import yarl
from discord import app_commands, ui

BASE, GUILD_ID, CHANNEL_ID = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
HERE = discord.Object(GUILD_ID)


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
        text = record.getMessage()
        # Meeting a limit is part of the scenario; a missing voice library is not our business. Nor is "Can't keep up": on loopback the
        # first heartbeat is answered before discord.py has noted when it was sent.
        if "PyNaCl" in text or "davey" in text or "being rate limited" in text or "Can't keep up" in text:
            return
        surprise(record.exc_info[1] if record.exc_info and record.exc_info[1] else text)


def name(one: object) -> str:
    return getattr(one, "name", str(one))


def words() -> list[discord.SelectOption]:
    return [discord.SelectOption(label=one.upper(), value=one) for one in ("one", "two")]


class Everything(discord.Client):
    def __init__(self) -> None:
        super().__init__(intents=discord.Intents(guilds=True))
        self.tree = app_commands.CommandTree(self)
        self.tree.error(self.on_command_error)

    async def on_command_error(self, interaction: discord.Interaction, error: Exception) -> None:
        surprise(error)

    async def on_error(self, event: str, *args: object, **kwargs: object) -> None:
        surprise(sys.exc_info()[1])

    async def on_ready(self) -> None:
        await self.tree.sync(guild=HERE)
        tell("ready")


client = Everything()
command = client.tree.command


@command(name="kinds", description="One option of each kind", guild=HERE)
@app_commands.choices(choice=[app_commands.Choice(name="Red", value="r"), app_commands.Choice(name="Blue", value="b")])
async def kinds(
    interaction: discord.Interaction,
    text: str,
    whole: int,
    number: float,
    yesno: bool,
    person: discord.Member,
    channel: discord.TextChannel,
    role: discord.Role,
    anyone: Union[discord.Member, discord.Role],
    file: discord.Attachment,
    choice: Optional[app_commands.Choice[str]] = None,
) -> None:
    sent = (await file.read()).decode()
    given = {
        "text": text, "whole": whole, "number": number, "yesno": yesno, "person": person.name, "channel": channel.name,
        "role": role.name, "anyone": anyone.name, "choice": choice and choice.value, "file": sent,
    }  # fmt: skip
    loud = discord.File(io.BytesIO(sent.upper().encode()), "back.txt", description="The same, louder")
    await interaction.response.send_message("Here it is back", file=loud)
    (back,) = (await interaction.original_response()).attachments
    assert back.description == "The same, louder"
    tell("kinds", given=given, back=(await back.read()).decode())


deep = app_commands.Group(name="deep", description="Below", guild_ids=[GUILD_ID])
down = app_commands.Group(name="down", description="Further", parent=deep)


async def suggest(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[int]]:
    tell("suggested")
    return [app_commands.Choice(name=f"{typed} of them", value=42)]


@down.command(name="here", description="The end")
@app_commands.autocomplete(count=suggest)
async def here(interaction: discord.Interaction, count: Optional[int]) -> None:
    await interaction.response.send_message(f"down here {count}")
    tell("deep")


client.tree.add_command(deep, guild=HERE)


@client.tree.context_menu(name="Look up", guild=HERE)
async def look_up(interaction: discord.Interaction, person: discord.Member) -> None:
    await interaction.response.send_message(person.display_name, ephemeral=True)
    tell("menu", of=person.name)


@client.tree.context_menu(name="Quote", guild=HERE)
async def quote(interaction: discord.Interaction, message: discord.Message) -> None:
    await interaction.response.send_message(message.content, ephemeral=True)
    tell("menu", of=message.content)


async def pressed(interaction: discord.Interaction) -> None:
    await interaction.response.defer()
    await interaction.followup.send("Pressed", ephemeral=True)
    tell("pressed", id=interaction.data["custom_id"])


def chooses(menu: ui.Select) -> ui.Select:
    async def chosen(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("Chosen", ephemeral=True)
        tell("chosen", id=menu.custom_id, chosen=[name(one) for one in menu.values])

    menu.callback = chosen
    return menu


def button(**how: object) -> ui.Button:
    made = ui.Button(**how)
    made.callback = pressed
    return made


class Controls(ui.LayoutView):
    def __init__(self) -> None:
        super().__init__(timeout=None)
        styles = [button(style=discord.ButtonStyle(style), custom_id=f"b{style}", label=f"Button {style}") for style in range(1, 5)]
        menus = [
            ui.Select(custom_id="strings", placeholder="strings", min_values=1, max_values=2, options=words()),
            ui.UserSelect(custom_id="users", placeholder="users"),
            ui.RoleSelect(custom_id="roles", placeholder="roles"),
            ui.MentionableSelect(custom_id="mentionables", placeholder="mentionables"),
            ui.ChannelSelect(custom_id="channels", placeholder="channels"),
        ]
        self.add_item(ui.TextDisplay("Every **control**"))
        self.add_item(ui.ActionRow(*styles, ui.Button(url="https://example.gov/", label="Link")))
        for menu in menus:
            self.add_item(ui.ActionRow(chooses(menu)))
        self.add_item(ui.Separator())
        beside = ui.Section("Beside", accessory=button(custom_id="beside", label="Press me"))
        self.add_item(ui.Container(beside, ui.File("attachment://note.txt")))

    async def on_error(self, interaction: discord.Interaction, error: Exception, item: ui.Item) -> None:
        surprise(error)


@command(name="controls", description="Every control", guild=HERE)
async def controls(interaction: discord.Interaction) -> None:
    await interaction.response.send_message(view=Controls(), file=discord.File(io.BytesIO(b"a note"), "note.txt"))
    found = await interaction.original_response()
    tell("controls", parts=[part.type.value for part in found.components])


FIELDS = {
    "people": lambda: {
        "users": ui.UserSelect(), "roles": ui.RoleSelect(), "mentionables": ui.MentionableSelect(),
        "channels": ui.ChannelSelect(), "strings": ui.Select(options=words()),
    },
    "marks": lambda: {
        "radio": ui.RadioGroup(options=[discord.RadioGroupOption(label=one.upper(), value=one) for one in ("one", "two")]),
        "boxes": ui.CheckboxGroup(options=[discord.CheckboxGroupOption(label=one.upper(), value=one) for one in ("one", "two")]),
        "tick": ui.Checkbox(), "files": ui.FileUpload(), "text": ui.TextInput(),
    },
    "rows": lambda: {"old": ui.TextInput(label="old", style=discord.TextStyle.paragraph)},
}  # fmt: skip


class Form(ui.Modal):
    def __init__(self, which: str) -> None:
        super().__init__(title=which, custom_id=which)
        self.fields = FIELDS[which]()
        for called, field in self.fields.items():
            field.custom_id = called
            self.add_item(field if which == "rows" else ui.Label(text=called, component=field))

    async def on_submit(self, interaction: discord.Interaction) -> None:
        got = {}
        for called, field in self.fields.items():
            if called == "files":
                got[called] = (await field.values[0].read()).decode()
            elif hasattr(field, "values"):
                got[called] = [name(one) for one in field.values]
            else:
                got[called] = field.value
        await interaction.response.send_message("Taken", ephemeral=True)
        tell("submitted", got=got)

    async def on_error(self, interaction: discord.Interaction, error: Exception) -> None:
        surprise(error)


@command(name="form", description="A form with labels", guild=HERE)
async def form(interaction: discord.Interaction, which: str) -> None:
    await interaction.response.send_modal(Form(which))
    tell("form")


@command(name="afterwards", description="What comes after an answer", guild=HERE)
async def afterwards(interaction: discord.Interaction) -> None:
    await interaction.response.defer(ephemeral=True, thinking=True)
    first = await interaction.edit_original_response(content="First")
    assert first.flags.ephemeral
    second = await interaction.followup.send("Second", ephemeral=True, wait=True)
    assert (await second.edit(content="Second, changed")).content == "Second, changed"
    assert (await interaction.followup.fetch_message(second.id)).content == "Second, changed"
    third = await interaction.followup.send("Third", ephemeral=True, wait=True)
    await third.delete()
    opened = await interaction.followup.send("For everybody", wait=True)
    late = discord.File(io.BytesIO(b"late"), "late.txt")
    await opened.edit(content="For everybody, changed", attachments=[late])
    found = await interaction.channel.fetch_message(opened.id)
    text = (await found.attachments[0].read()).decode()
    await found.edit(attachments=[])
    bare = await interaction.channel.fetch_message(opened.id)
    tell("afterwards", late=text, left=len(bare.attachments), content=bare.content)


@command(name="room", description="Threads", guild=HERE)
async def room(interaction: discord.Interaction) -> None:
    await interaction.response.send_message("Threads")
    post = await interaction.channel.send("Let us talk")
    thread = await post.create_thread(name="On the post", auto_archive_duration=1440)
    await thread.send("First in the thread")
    other = await interaction.channel.create_thread(
        name="By itself", type=discord.ChannelType.public_thread, auto_archive_duration=60
    )
    await other.edit(name="By itself, renamed")
    await other.add_user(interaction.user)
    active = await interaction.guild.active_threads()
    await other.edit(archived=True)
    archived = (await client.fetch_channel(other.id)).archived
    tell("room", active=sorted(one.name for one in active), archived=archived)


@command(name="many", description="Many messages", guild=HERE)
async def many(interaction: discord.Interaction) -> None:
    await interaction.response.send_message("Many")
    await asyncio.gather(*(interaction.channel.send(f"Message {at}") for at in range(7)))
    tell("many")
    await client.close()


async def main() -> None:
    with urllib.request.urlopen(f"{BASE}/api/v10/gateway", timeout=5) as answer:
        gateway = json.load(answer)["url"]
    discord.http.Route.BASE = f"{BASE}/api/v10"
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)
    async with asyncio.timeout(120), client:
        await client.start(os.environ["DISCORD_TOKEN"])
    tell("done")


logging.getLogger("discord").addHandler(Listener(level=logging.WARNING))
try:
    asyncio.run(main())
except Exception as error:
    surprise(error)
