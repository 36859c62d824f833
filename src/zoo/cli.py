"""The commands: click parses the verb and its flags, Hydra everything else."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from click.shell_completion import CompletionItem

from zoo import ending, shells
from zoo.errors import DONE

if TYPE_CHECKING or "_ZOO_COMPLETE" not in os.environ:
    import rich_click as click
    from rich_click import RichGroup as Group
else:  # a shell that waits for words needs no colours
    import click
    from click import Group

if TYPE_CHECKING:
    from zoo.completion import Word

# Read when torch is imported: large tensors then lie on huge pages.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")


INFO = ["all", "config", "defaults", "defaults-tree", "plugins", "searchpath"]
WORDS = "[GROUP=NAME]… [KEY=VALUE]…"
RUN_WORDS = "[runs=DIR] [KEY=VALUE]… [sort=METRIC] [seeds=together] [out=FILE]"
FOLDER = click.Path(exists=True, file_okay=False)


shells.register()


class Zoo(Group):
    """The group of zoo's commands; those of plugins join when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """zoo's commands in the order of this file, then the plugins'."""
        return [*self.commands, *of_plugins(self)]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """zoo's command of this name, else a plugin's; no plugin is imported to run a command of zoo's."""
        return self.commands.get(name) or of_plugins(self).get(name)


@cache
def of_plugins(group: click.Group) -> dict[str, click.Command]:
    """The commands that plugins add to a group; a plugin whose hook raises, or takes a name that is taken, adds none.

    They are asked once: the help wants the list twice.
    """
    from zoo.discovery import commanding
    from zoo.plugin import Unfit, call, guarded

    found: dict[str, click.Command] = {}
    for plugin in commanding():
        with guarded(plugin):
            own = click.Group()
            call(plugin, "zoo_commands", cli=own)
            if taken := own.commands.keys() & {*group.commands, *found}:
                raise Unfit(f"its command {min(taken)!r} is another's already")
            found |= own.commands
        if plugin.state in ("broken", "incompatible"):
            click.echo(f"zoo: {plugin}", err=True)
    return found


@click.group(cls=Zoo, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="galaxy-model-zoo", prog_name="zoo")
def cli() -> None:
    """A model zoo for galaxy images."""


def look_in(ctx: click.Context, param: click.Parameter, folder: str | None) -> None:
    """Add the user's own folder of parts, for this process and those it starts."""
    if folder:
        os.environ["ZOO_CONFIG_DIR"] = os.path.abspath(folder)


def items(words: Iterable[Word]) -> list[CompletionItem]:
    """The words as click takes them."""
    return [CompletionItem(word.text, help=word.why or None, done=word.done) for word in words]


def complete_part(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete GROUP/NAME, and PACKAGE."""
    from zoo import completion

    return items([*completion.part_words(incomplete), *completion.package_words(incomplete)])


def complete_package(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the package of a plugin."""
    from zoo import completion

    return items(completion.package_words(incomplete))


def complete_key(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete a key and the words of the command that has it."""
    from zoo import completion

    return items(completion.key_words(ctx.params.get("verb") or "train", ctx.params.get("words") or (), incomplete))


def complete_run(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete what `zoo runs` is told, and the words of the trainings that it chooses among."""
    from zoo import completion

    return items(completion.run_words(ctx.params.get("words") or (), incomplete))


def hydra_command(group: click.Group, command: str, summary: str, metavar: str = WORDS) -> None:
    """Add a command whose words go to Hydra untouched."""
    verb = command.partition(" ")[0]

    def show(ctx: click.Context, param: click.Parameter, wanted: bool) -> None:
        from zoo import menu

        if wanted:
            click.echo(ctx.get_help())
            click.echo("\n".join(menu.text(verb)))
            ctx.exit()

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from zoo import completion

        return items(completion.words(verb, ctx.params.get("overrides") or (), incomplete))

    option, own = click.option, dict[str, Any](is_eager=True, expose_value=False)

    @group.command(command.rpartition(" ")[2], help=summary, add_help_option=False)
    @option("-h", "--help", is_flag=True, callback=show, help="Show this, and what can be chosen.", **own)
    @option("--config-dir", type=FOLDER, callback=look_in, help="A folder with parts of your own.", **own)
    @option("-m", "--multirun", is_flag=True, help="Sweep: every comma and range makes jobs.")
    @option("--cfg", type=click.Choice(["job", "hydra", "all"]), help="Show the configuration, do not run.")
    @option("--resolve", is_flag=True, help="With --cfg: fill in the interpolations.")
    @option("-p", "--package", help="With --cfg: only this part of it.")
    @option("--info", type=click.Choice(INFO), help="Show how the configuration is composed.")
    @click.argument("overrides", nargs=-1, type=click.UNPROCESSED, shell_complete=complete, metavar=metavar)
    @click.pass_context
    def run(ctx: click.Context, /, overrides: tuple[str, ...], **flags: Any) -> None:
        from zoo.compose import run_hydra

        if flags["multirun"] and (flags["cfg"] or flags["info"]):
            raise click.UsageError("-m runs a sweep, --cfg and --info only show: leave one of them out.")
        words = [f"--{flag}" if value is True else f"--{flag}={value}" for flag, value in flags.items() if value]
        ctx.exit(run_hydra(command, [*words, *overrides]))


hydra_command(cli, "train", "Train a model on galaxies.")
hydra_command(cli, "evaluate", "Measure a trained model on labelled galaxies.")
hydra_command(cli, "predict", "Write a catalogue of predictions, one row per galaxy.")
hydra_command(cli, "embed", "Write the features that a trained model has of each galaxy.")
hydra_command(cli, "similar", "Find the galaxies whose features are most like those of one.")
hydra_command(cli, "blend", "Blend several catalogues of the same galaxies into one, with weights.")
hydra_command(cli, "recurse", "Train again with the galaxies of which a model is surest.")
hydra_command(cli, "figure", "Draw a figure as PNG and SVG, and its numbers as CSV.", f"NAME {WORDS}")


@cli.group()
def data() -> None:
    """Make the files of a data set ready, verify them, show what is in it."""


hydra_command(data, "data prepare", "Make the files of a data set ready: render, index, download.")
hydra_command(data, "data verify", "Look at every row and file, or at submission=FILE, and say what is wrong.")
hydra_command(data, "data recentre", "Measure where each galaxy lies in its image; out=FILE names the table.")
hydra_command(data, "data show", "Count splits and labels; out=sheet.png draws a sheet of galaxies.")


@cli.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@click.pass_context
def plugins(ctx: click.Context, as_json: bool) -> None:
    """Show the parts that can be chosen and the packages they come from."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(plugins_list, as_json=as_json)


@plugins.command("list")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def plugins_list(as_json: bool) -> None:
    """List part, package, version, state, summary."""
    from zoo.verbs import plugins

    plugins.show_all(as_json)


@plugins.command("show")
@click.argument("part", metavar="NAME, GROUP/NAME, PACKAGE/NAME or PACKAGE", shell_complete=complete_part)
def plugins_show(part: str) -> None:
    """Show a part: its arguments, where it comes from, paper, licence, and differences from the paper.

    Of a package, list the parts.
    """
    from zoo.verbs import plugins

    plugins.show(part)


@plugins.command("new")
@click.argument("words", nargs=-1, metavar="KIND NAME… [package=NAME] [out=DIR]")
def plugins_new(words: tuple[str, ...]) -> None:
    """Write the repository of a new plugin: parts, tests, metadata. KIND: architecture, head, augmenter, dataset."""
    from zoo.verbs import new_plugin

    new_plugin.main(words)


@plugins.command("check")
@click.argument("package", shell_complete=complete_package)
@click.argument("words", nargs=-1, metavar="[GROUP.KEY=VALUE]…")
@click.pass_context
def plugins_check(ctx: click.Context, package: str, words: tuple[str, ...]) -> None:
    """Try every part of a package with the conformance kit; exit code 1 where one fails."""
    from zoo.verbs import check_plugin

    ctx.exit(check_plugin.main(package, words))


@plugins.command("doctor")
@click.argument("name", required=False, shell_complete=complete_package)
def plugins_doctor(name: str | None) -> None:
    """Tell the whole story of a plugin, or of all: state, traceback, folders, and the command that mends it."""
    from zoo.verbs import plugins

    plugins.doctor(name)


@cli.command()
@click.argument("words", nargs=-1, metavar=f"KEY {WORDS}", shell_complete=complete_key)
@click.option("--of", "verb", default="train", show_default=True, help="The command whose configuration is explained.")
def explain(words: tuple[str, ...], verb: str) -> None:
    """Say of a key its value, who set it, what it means and what else it may be."""
    from zoo.verbs import explain

    explain.main(words, verb)


@cli.command()
@click.argument("words", nargs=-1, metavar=RUN_WORDS, shell_complete=complete_run)
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def runs(words: tuple[str, ...], as_json: bool) -> None:
    """List and compare the trainings in a folder: state, choices, metrics.

    KEY=VALUE lists those that were told so (architecture=gz_convnet,resnet18 stages.0.lr=0.1 state=finished);
    metrics=rmse,accuracy names columns; sort=accuracy begins with the best, sort=-accuracy with the
    worst; out=FILE.csv or .html writes it.
    """
    from zoo.verbs import runs

    runs.main(words, as_json)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def doctor(as_json: bool) -> None:
    """Show versions, devices and plugins, and for each problem the command that mends it."""
    from zoo.verbs import doctor

    doctor.main(as_json)


def main() -> None:
    """Run the command that was typed; what goes wrong is one line on stderr and an exit code."""
    words = " ".join(word for word in sys.argv[1:3] if not word.startswith("-"))
    try:
        answer = cli(prog_name="zoo", standalone_mode=False)
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "zoo"
        click.echo(f"{command}: {' '.join(error.format_message().split())} [E-USAGE]", err=True)
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(ending.told(words, KeyboardInterrupt()))
    except Exception as error:
        sys.exit(ending.told(words, error))
    sys.exit(answer if isinstance(answer, int) else DONE)


if __name__ == "__main__":
    main()
