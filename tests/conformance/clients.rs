//! discord.js and discord.py log in to the emulator and play a scenario, each checking what it gets in its own way.
