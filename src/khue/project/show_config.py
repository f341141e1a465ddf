"""`khue config`: the settings in force and where each came from; secrets are masked."""

from __future__ import annotations

import argparse
import os

SECRET = ("secret", "password")


def main(argv: list[str]) -> int:
    """Print each setting with its value, source and purpose."""
    parser = argparse.ArgumentParser(prog="khue config", description=__doc__)
    parser.parse_args(argv)
    from khue.project.config import Config  # noqa: PLC0415 - reads the environment

    config = Config()
    for name, info in Config.model_fields.items():
        variable = f"KHUE_{name.upper()}"
        source = "môi trường" if variable in os.environ else "mặc định"
        value = getattr(config, name)
        if name == "database_url" and value and variable not in os.environ:
            source = "KHUE_DATABASE_URL_FILE"
        if any(word in name for word in SECRET) and value and not name.endswith("_file"):
            value = "••••"
        if name == "database_url" and "@" in str(value):
            scheme, _, place = str(value).rpartition("@")
            value = f"{scheme.partition('://')[0]}://••••@{place}"
        print(f"{variable} = {value}\n    [{source}] {info.description}")  # noqa: T201
    return 0
