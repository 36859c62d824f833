"""What is going still works, says once what to use instead, and names the release in which it goes."""

import logging
from pathlib import Path

import pytest
from plant import plant

from conftest import forget
from zoo import compose, deprecation, hookspec, hookspecs, registry

NET = "# A net.\n_target_: zoo_x.net.Net\nwidth: 4\n"
OLD = "# Deprecated: use spiral_net; goes in 0.5.\ndefaults: [spiral_net, _self_]\n"
COMMAND = "from zoo import hookimpl\n\n@hookimpl\ndef zoo_report(run):\n    return None\n"
CHOICES = ["dataset=blobs", "augmenter=roll", "head=logistic"]


@pytest.fixture(autouse=True)
def nothing_said(caplog: pytest.LogCaptureFixture):
    """As in a process that has said nothing yet."""
    deprecation.renamed.cache_clear()
    logging.getLogger("zoo").propagate = True
    yield
    deprecation.renamed.cache_clear()


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The lines about what is going."""
    return [record.getMessage() for record in caplog.records if "W-DEPRECATED" in record.getMessage()]


def test_a_renamed_part_is_composed_as_its_successor_and_says_so_once(
    site: Path, toy: None, caplog, monkeypatch, capsys
):
    plant(site, "zoo-x", conf={"architecture/spiral_net": NET, "architecture/net": OLD})
    forget()
    monkeypatch.setattr("zoo.verbs.train.main", lambda cfg: print(cfg.architecture))
    told = []
    for _ in range(2):
        assert compose.run_hydra("train", ["architecture=net", *CHOICES]) == 0
        told.append(capsys.readouterr())
    assert {line.out for line in told} == {"{'_target_': 'zoo_x.net.Net', 'width': 4}\n"}
    sentence = "W-DEPRECATED: architecture=net goes in zoo-x 0.5: use architecture=spiral_net.\n"
    assert [line.err for line in told] == [sentence, ""]
    deprecation.told(registry.find("architecture", "spiral_net"))
    assert capsys.readouterr().err == ""


def test_the_list_of_parts_says_it_too(site: Path):
    plant(site, "zoo-x", conf={"architecture/spiral_net": NET, "architecture/net": OLD})
    forget()
    assert registry.find("architecture", "net").summary == "Deprecated: use spiral_net; goes in 0.5."


def test_a_summary_that_only_speaks_of_it_is_no_notice(site: Path, caplog: pytest.LogCaptureFixture):
    plant(site, "zoo-x", conf={"architecture/net": NET.replace("A net", "Deprecated: perhaps")})
    forget()
    deprecation.told(registry.find("architecture", "net"))
    assert said(caplog) == []


def test_an_argument_or_function_says_it_by_itself(caplog: pytest.LogCaptureFixture):
    def old(number: int) -> int:
        deprecation.renamed("zoo_x.old", "zoo_x.new", "zoo-x 0.5")
        return number + 1

    assert [old(1), old(2)] == [2, 3]
    assert said(caplog) == ["W-DEPRECATED: zoo_x.old goes in zoo-x 0.5: use zoo_x.new."]


def described(monkeypatch: pytest.MonkeyPatch, spec) -> None:
    """Let zoo describe the hook zoo_report otherwise."""
    monkeypatch.setattr(hookspecs, "zoo_report", spec)
    monkeypatch.setitem(hookspecs.HOOKS, "zoo_report", spec)
    forget()


def test_p17_a_hook_that_gets_another_argument_calls_old_plugins_as_before(site: Path, monkeypatch):
    from zoo.plugin import call

    @hookspec
    def zoo_report(run, others):
        """With the runs beside it."""

    plant(site, "zoo-x", COMMAND.replace("return None", "return run"))
    described(monkeypatch, zoo_report)
    (plugin,) = [plugin for plugin in registry.plugins() if plugin.name == "zoo-x"]
    assert (plugin.state, plugin.going) == ("ok", [])
    assert call(plugin, "zoo_report", run="mine", others=()) == "mine"


def test_whoever_brings_the_hook_for_reports_is_told_that_it_goes(site: Path):
    plant(site, "zoo-x", COMMAND)
    forget()
    (plugin,) = [plugin for plugin in registry.plugins() if plugin.name == "zoo-x"]
    said = "the hook zoo_report goes in zoo 0.3: no command makes a report, leave it out"
    assert (plugin.state, plugin.going) == ("ok", [said])


def test_p17_a_plugin_with_a_hook_that_is_going_works_and_commands_name_it_once(site: Path, toy, monkeypatch, capsys):
    going = DeprecationWarning("the hook zoo_report goes in 0.4: use zoo_sections")

    @hookspec(warn_on_impl=going)
    def zoo_report(run):
        """As it was."""

    plant(site, "zoo-x", COMMAND)
    described(monkeypatch, zoo_report)
    monkeypatch.setattr("zoo.verbs.train.main", lambda cfg: None)
    assert compose.run_hydra("train", ["architecture=convolution", *CHOICES]) == 0
    assert capsys.readouterr().err == f"zoo: plugin zoo-x 0.3: {going}\n"
    assert next(plugin for plugin in registry.plugins() if plugin.name == "zoo-x").state == "ok"
