#!/usr/bin/env python3
"""Turns a folder of built front-end files into a table for the program: embed_assets.py DIST OUT.

Writes OUT/assets.gen.cpp (the table), OUT/assets.gen.S (.incbin of each file) and OUT/files/ (the
bytes, plain and gzip). The same input gives the same output. An absent DIST gives an empty table.
"""
import gzip
import hashlib
import re
import sys
from pathlib import Path

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
}
HASHED = re.compile(r"^/assets/.+-[A-Za-z0-9_-]{8}\.[a-z0-9]+$")
WORTH = 0.95  # compressed must be below this share of the plain size


def write_if_changed(path, data):
    if not path.exists() or path.read_bytes() != data:
        path.write_bytes(data)


def main(dist, out):
    files = out / "files"
    files.mkdir(parents=True, exist_ok=True)
    found = sorted(p for p in dist.rglob("*") if p.is_file()) if dist.is_dir() else []
    entries = sorted(("/" + p.relative_to(dist).as_posix(), p) for p in found)
    assembler = [".section .rodata"]
    declarations, rows = [], []
    for number, (name, path) in enumerate(entries):
        if path.suffix not in TYPES:
            sys.exit(f"embed_assets: {name}: no Content-Type known for {path.suffix or 'no suffix'}")
        plain = path.read_bytes()
        packed = gzip.compress(plain, 9, mtime=0)
        forms = {"plain": plain}
        if len(packed) < WORTH * len(plain):
            forms["gzip"] = packed
        for form, data in forms.items():
            symbol = f"yagura_asset_{number}_{form}"
            blob = files / f"{number}.{form}"
            write_if_changed(blob, data)
            assembler += [f".global {symbol}", f".hidden {symbol}", f'{symbol}: .incbin "{blob}"']
            declarations.append(f"extern const char {symbol}[];")
        etag = hashlib.sha256(plain).hexdigest()[:32]
        view = {f: f"{{yagura_asset_{number}_{f}, {len(forms[f])}}}" if f in forms else "{}"
                for f in ("plain", "gzip")}
        immutable = "true" if HASHED.match(name) else "false"
        rows.append(f'    {{"{name}", "{TYPES[path.suffix]}", "\\"{etag}\\"", {view["plain"]}, '
                    f'{view["gzip"]}, {immutable}}},')
    assembler.append('.section .note.GNU-stack,"",@progbits')
    table = "\n".join(rows)
    text = '#include "http/assets.h"\n\n#include <array>\n\n'
    if declarations:
        text += 'extern "C" {\n' + "\n".join(declarations) + "\n}\n\n"
    text += "namespace yagura::http {\n\nstd::span<const Asset> embedded_assets() {\n"
    if rows:
        text += f"  static const std::array<Asset, {len(rows)}> kAssets = {{{{\n{table}\n  }}}};\n  return kAssets;\n"
    else:
        text += "  return {};\n"
    text += "}\n\n}  // namespace yagura::http\n"
    write_if_changed(out / "assets.gen.S", ("\n".join(assembler) + "\n").encode())
    (out / "assets.gen.cpp").write_text(text)


main(Path(sys.argv[1]), Path(sys.argv[2]))
