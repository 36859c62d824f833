"""How bash, zsh and fish take completions: with a blank behind a finished word, and none behind `group=`."""

from __future__ import annotations

from typing import Any

from click.shell_completion import BashComplete, CompletionItem, FishComplete, ZshComplete, add_completion_class


def blank(item: CompletionItem[Any]) -> str:
    """What follows a completion: click's own words are finished, zoo's say whether they are."""
    return "" if item.done is False else " "


class Bash(BashComplete):
    """bash adds no blank of its own."""

    source_template = BashComplete.source_template.replace("-o nosort", "-o nosort -o nospace")

    def format_completion(self, item: CompletionItem[Any]) -> str:
        return super().format_completion(item) + blank(item)


class Zsh(ZshComplete):
    """zsh adds no blank of its own, and puts no backslash before ours."""

    source_template = ZshComplete.source_template.replace("descriptions -U", "descriptions -U -Q -S ''").replace(
        "compadd -U", "compadd -U -Q -S ''"
    )

    def format_completion(self, item: CompletionItem[Any]) -> str:
        finished = CompletionItem(item.value + blank(item), item.type, item.help)
        return super().format_completion(finished)


class Fish(FishComplete):
    """fish knows by itself that nothing follows `=`, and takes words with commas in them."""

    source_template = FishComplete.source_template.replace('string split ","', 'string split -m 1 ","')


def register() -> None:
    """Let click complete in these ways."""
    for shell in (Bash, Zsh, Fish):
        add_completion_class(shell)
