"""The folders of parts as Hydra reads them: a part answers to its name, and to `provider/name` as well.

Hydra learns of them in this process only, so that other Hydra programs are untouched.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.object_type import ObjectType
from hydra.core.plugins import Plugins
from hydra.plugins.config_source import ConfigResult, ConfigSource
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import DictConfig, OmegaConf

from zoo import defaults_list, registry, yaml_file
from zoo.errors import ZooError
from zoo.plugin import normal


class Folder(ConfigSource):
    """The YAML files below `zoo://FOLDER`. Where two packages have a part of a name, a package's files mean its own."""

    @staticmethod
    def scheme() -> str:
        """What the addresses of such folders begin with; they are plain paths, so that blanks and % stay."""
        return "zoo"

    def load_config(self, config_path: str) -> ConfigResult:
        """A file's values and header. Raises ZooError for what is no YAML."""
        file = self.file(config_path)
        with yaml_file.valid(file):
            header = self._get_header_dict(file.read_text(encoding="utf-8"))
            values: Any = OmegaConf.load(file)
        if not isinstance(values, DictConfig):
            raise ZooError(f"{file} holds no table of keys and values: write `key: value` lines.", "E-CONFIG")
        self.take_own(values, file.parent.name)
        return ConfigResult(provider=self.provider, path=self.full_path(), config=values, header=header)

    def take_own(self, values: DictConfig, group: str) -> None:
        """Put the provider before each name of the defaults list that another package has too."""
        defaults: Any = OmegaConf.to_container(values, resolve=False).get("defaults") or []  # type: ignore[union-attr]
        for place, entry in enumerate(defaults):
            if isinstance(entry, str):
                if self.shares(group, entry):
                    values.defaults[place] = f"{self.provider}/{entry}@_here_"
                continue
            for key, name in entry.items():
                if isinstance(name, str) and self.shares(defaults_list.group_of(key), name):
                    values.defaults[place][key] = f"{self.provider}/{name}"

    def shares(self, group: str, name: str) -> bool:
        """Whether this provider and another one have a part of this name."""
        found = [part.provider for part in registry.named(group, name)]
        return len(found) > 1 and self.provider in found

    def is_group(self, config_path: str) -> bool:
        """Whether this is a folder of parts."""
        return self.below(config_path).is_dir()

    def is_config(self, config_path: str) -> bool:
        """Whether this is a file."""
        return self.file(config_path).is_file()

    def available(self) -> bool:
        """Whether the folder is there."""
        return self.is_group("")

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        """The names in a group: for `glob(…)`, and for what Hydra says of an unknown one."""
        inside = sorted(self.below(config_path).iterdir())
        groups = [path.name for path in inside if path.is_dir() and results_filter != ObjectType.CONFIG]
        configs = [path.stem for path in inside if path.suffix == ".yaml" and results_filter != ObjectType.GROUP]
        return groups + configs

    def file(self, config_path: str) -> Path:
        """The file that `group/name` or `group/provider/name` stands for."""
        folder = self.below(config_path)
        return folder.with_name(f"{folder.name}.yaml")

    def below(self, config_path: str) -> Path:
        """The path in this folder; this provider's name between group and name is left out."""
        words = config_path.split("/")
        if len(words) == 3 and normal(words[1]) == normal(self.provider):
            del words[1]
        return Path(self.path, *words)


class Folders(SearchPathPlugin):
    """The folders of all providers, in the order in which they are searched; `pkg://` would import the packages."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Add them."""
        for provider in registry.providers():
            search_path.append(provider=provider.name, path=f"{Folder.scheme()}://{provider.folder}")


@cache
def register() -> None:
    """Show Hydra the folders, and our launchers and sweeper."""
    from zoo import launcher, sweeper

    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra then raises instead of printing and leaving
    Plugins.instance().register(Folder)
    Plugins.instance().register(Folders)
    launcher.register(launcher.Processes, launcher.Queue, sweeper.Tune)
