"""The README as an index shows it, and the project's URLs, from one setting in pyproject.toml."""

import os
import re

from hatchling.metadata.plugin.interface import MetadataHookInterface

# Where forges have files and the rest, below the page of a repository.
URLS = {
    "Source": "{home}",
    "Documentation": "{home}/blob/v{version}/docs/README.md",
    "Changelog": "{home}/blob/v{version}/CHANGELOG.md",
    "Issues": "{home}/issues",
}
FILE = "{home}/blob/v{version}/{path}"


class ProjectHook(MetadataHookInterface):
    """Sets readme and urls."""

    def update(self, metadata):
        """Add them to what pyproject.toml says."""
        with open(os.path.join(self.root, "pyproject.toml"), encoding="utf-8") as file:
            home = re.search(r'^home = "(.*)"$', file.read(), re.M).group(1)
        with open(os.path.join(self.root, "README.md"), encoding="utf-8") as file:
            text = readme(file.read(), home, metadata["version"])
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
        metadata["urls"] = urls(home, metadata["version"])


def urls(home, version):
    """Return the URLs that an index shows."""
    return {name: url.format(home=home, version=version) for name, url in URLS.items()} if home else {}


def readme(text, home, version):
    """Return the README without what only its runner reads, and with links that work elsewhere."""
    text = re.sub(r"^<!-- doctest: .*? -->\n", "", text, flags=re.M)

    def link(match):
        name, path = match.groups()
        if re.match(r"[a-z]+:", path):
            return match.group()
        return "[{}]({})".format(name, FILE.format(home=home, version=version, path=path)) if home else name

    return re.sub(r"\[([^]]+)\]\(([^)\s]+)\)", link, text)
