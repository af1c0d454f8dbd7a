#!/usr/bin/env python3
"""Compares dechaff with other programs that find near-duplicates by MinHash, in time, memory and outcome.

Every program reads the same file of JSON Lines (fields `id` and `text`) and writes the lines that stay, in a process of
its own and on one thread. Writes table.md, speed.svg and results.json. Run it by the Python that has the peers installed;
the script `run` beside it sees to that. Needs nothing beyond the standard library itself.
"""

import argparse
import datetime
import hashlib
import importlib.metadata
import json
import math
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.sax.saxutils import escape

from agreement import FLOOR, MISSED, Corpus

HERE = Path(__file__).resolve().parent


def build(*examples):
    """Builds the program and examples; where they lie, in that order."""
    repository = HERE.parent
    command = ["cargo", "build", "--release", "--manifest-path", repository / "Cargo.toml", "--bin", "dechaff"]
    subprocess.run(command + [part for example in examples for part in ("--example", example)], check=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR", repository / "target")) / "release"
    return [target / "dechaff", *(target / "examples" / example for example in examples)]


# name: (command after the Python interpreter, package, setting)
PEERS = {
    "rensa": (
        ["rensa_peer.py"],
        "rensa",
        "25 × 5, R-MinHash of all shingles; sharing a band and estimated similarity ≥ 0.7 to one that stays",
    ),
    "rensa-rho": (
        ["rensa_peer.py", "--rho"],
        "rensa",
        "25 × 5, rho sketches of sampled shingles (bands are folded by the library); then as above",
    ),
    "daft": (["daft_peer.py"], "daft", "25 × 5; connected components of sharing a band"),
    "datasketch": (["datasketch_peer.py"], "datasketch", "25 × 5, xxHash; sharing a band with one that stays"),
    "datatrove-plain": (
        ["datatrove_peer.py", "--plain"],
        "datatrove",
        "25 × 5, words split at white space; connected components of sharing a band",
    ),
    "datatrove": (
        ["datatrove_peer.py"],
        "datatrove",
        "25 × 5, words of spaCy, without punctuation, numbers alike; connected components of sharing a band",
    ),
}
DECHAFF_SETTING = "25 × 5 (what threshold 0.7 and recall 0.95 come to); exact similarity ≥ 0.7 to one that stays"
WC = "wc -w"

ONE_THREAD = {
    name: "1"
    for name in (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "NUMEXPR_NUM_THREADS",
        "RAYON_NUM_THREADS",
        "POLARS_MAX_THREADS",
    )
}
# The peers stay within this machine.
QUIET = {
    "DO_NOT_TRACK": "true",
    "SCARF_NO_ANALYTICS": "true",
    "DAFT_ANALYTICS_ENABLED": "0",
    "DAFT_PROGRESS_BAR": "0",
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "LC_ALL": "C.UTF-8",
}


class Failed(Exception):
    pass


def measure(command, log, seconds, environment=None):
    """Runs a command to its end. CPU time is that of all its processes; memory is that of the largest of them."""
    result = log.with_name("took.json")
    launcher = [sys.executable, "-I", "-S", HERE / "measure.py", result, *command]
    with open(log, "wb") as out:
        process = subprocess.Popen(
            launcher,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, **ONE_THREAD, **QUIET, **(environment or {})},
            start_new_session=True,
        )
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failed(f"took longer than {seconds:g} s") from None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    if process.returncode != 0:
        raise Failed(last_lines(log))
    took = json.loads(result.read_text())
    if status := took.pop("exit_status"):
        raise Failed(f"exit status {status}: {last_lines(log)}")
    return took


def last_lines(log):
    return " / ".join(log.read_text("utf-8", "replace").strip().splitlines()[-3:]).replace("|", "\\|")


def ids_of(paths):
    kept = []
    for path in paths:
        with open(path, encoding="utf-8") as lines:
            kept.extend(json.loads(line)["id"] for line in lines)
    if len(set(kept)) != len(kept):
        raise Failed("an id occurs twice")
    return set(kept)


def run_once(name, options, work):
    """One run: what it took, and the ids of the documents that it kept."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    log = work / "log"
    if name == WC:
        return measure(["wc", "-w", options.input], log, options.timeout, {"LC_ALL": "C"}), None
    if name == "dechaff":
        out = work / "out"
        command = [options.dechaff, "clean", "--only", "document", "--containment", "0", "--keep", "first"]
        command += ["-j", "1", "-q", "-o", out, options.input]
        took = measure(command, log, options.timeout)
        return took, ids_of(sorted(p for p in (out / "documents").rglob("*") if p.is_file()))
    script, *flags = PEERS[name][0]
    out = work / "out.jsonl"
    took = measure([sys.executable, HERE / "peers" / script, *flags, options.input, out], log, options.timeout)
    return took, ids_of([out])


def first_line(command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "unknown"


def version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def field(path, key):
    try:
        for line in Path(path).read_text().splitlines():
            if line.split(":")[0].strip() == key:
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return "unknown"


def machine():
    return {
        "cpu": field("/proc/cpuinfo", "model name"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "system": f"{platform.system()} {platform.machine()}",
        "load_average": os.getloadavg(),
    }


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def summarise(rounds):
    """The best of the rounds in every respect but memory, where it is the worst."""
    return {
        "cpu_seconds": min(r["cpu_seconds"] for r in rounds),
        "wall_seconds": min(r["wall_seconds"] for r in rounds),
        "peak_bytes": max(r["peak_bytes"] for r in rounds),
    }


def number(value):
    """Three significant digits, and no fewer digits before the point than there are."""
    if value == 0:
        return "0"
    return f"{value:,.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"


def share(part, whole):
    return f"{100 * part / whole:.1f} % ({part:,} of {whole:,})" if whole else "–"


def table(results):
    corpus, computer = results["input"], results["machine"]
    lines = [
        f"# Near-duplicates in {corpus['documents']:,} documents",
        "",
        f"{corpus['name']}: {corpus['bytes'] / 1e6:.1f} MB, {corpus['text_bytes'] / 1e6:.1f} MB of it text; "
        f"SHA-256 `{corpus['sha256'][:16]}…`. {results['date'][:10]}, {computer['cpu']}, {computer['cores']} cores, "
        f"{computer['memory_bytes'] / 2**30:.0f} GiB, {computer['system']}, Python {results['python']}, "
        f"commit {results['commit']}. One process and one thread each, start-up included; best of "
        f"{results['rounds']} rounds, taken in turn. CPU time is user and system time of all processes. "
        f"`wc -w` ({results['wc']}) in the C locale on the same file is the yardstick. Word 5-grams, bands × hashes.",
        "",
        "| program | version | setting | CPU s | MB of text per CPU s | times `wc -w` | wall s | peak MB | kept "
        f"| removed that have a kept near-duplicate (≥ {FLOOR}) | missed: kept beside an earlier one (≥ {MISSED}) |",
        "|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name, p in results["programs"].items():
        head = f"| {name} | {p['version']} | {p['setting']} "
        if "failed" in p:
            lines.append(f"{head}| failed: {p['failed']} |" + " |" * 7)
            continue
        best = p["best"]
        row = [
            number(best["cpu_seconds"]),
            number(p["text_mb_per_cpu_second"]),
            number(p["times_wc"]),
            number(best["wall_seconds"]),
            f"{best['peak_bytes'] / 1e6:,.0f}",
        ]
        if a := p.get("agreement"):
            row += [
                f"{a['kept']:,}",
                share(a["removed_covered"], a["removed"]),
                share(a["kept_missed"], a["kept_with_words"]),
            ]
        else:
            row += ["–", "–", "–"]
        lines.append(head + "| " + " | ".join(row) + " |")
    lines += [
        "",
        "Similarity in the last two columns is the exact Jaccard similarity of the sets of word 5-grams, of words "
        "lower-cased and split at white space, whatever words the program itself goes by; documents without words are "
        "left out (datatrove drops empty ones, the others keep all). Connected components also remove documents that are "
        "only similar to one that was removed. Peak memory is that of the largest process, and never less than the 10 MB of "
        "the script that starts them.",
        "",
    ]
    return "\n".join(lines)


def speed_plot(results):
    """Bars of megabytes of text a CPU second, on a logarithmic scale."""
    bars = [(n, p["text_mb_per_cpu_second"]) for n, p in results["programs"].items() if "failed" not in p]
    bars.sort(key=lambda bar: -bar[1])
    left, width, height, top = 130, 520, 26, 44
    low = math.floor(math.log10(min(value for _, value in bars)))
    high = math.ceil(math.log10(max(value for _, value in bars)))
    high = max(high, low + 1)
    bottom = top + height * len(bars)

    def x(value):
        return left + width * (math.log10(value) - low) / (high - low)

    title = f"Near-duplicates in {results['input']['text_bytes'] / 1e6:.1f} MB of text: MB a CPU second, log scale"
    svg = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 80}" height="{bottom + 36}" '
        'font-family="sans-serif" font-size="13">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="12" y="24" font-size="15">{escape(title)}</text>',
    ]
    for power in range(low, high + 1):
        at = x(10.0**power)
        svg.append(f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{top - 4}" y2="{bottom + 4}" stroke="#ccc"/>')
        svg.append(f'<text x="{at:.1f}" y="{bottom + 20}" text-anchor="middle" fill="#555">{10.0**power:g}</text>')
    for place, (name, value) in enumerate(bars):
        y = top + height * place
        colour = {"dechaff": "#c2410c", WC: "#999"}.get(name, "#3b6ea5")
        svg.append(f'<text x="{left - 8}" y="{y + 17}" text-anchor="end">{escape(name)}</text>')
        svg.append(
            f'<rect x="{left}" y="{y + 3}" width="{max(1, x(value) - left):.1f}" height="{height - 6}" fill="{colour}"/>'
        )
        svg.append(f'<text x="{x(value) + 6:.1f}" y="{y + 17}">{number(value)}</text>')
    return "\n".join([*svg, "</svg>", ""])


def arguments():
    names = ["dechaff", *PEERS]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dechaff", required=True, metavar="PATH", help="the program to compare")
    parser.add_argument("--input", required=True, metavar="FILE", help="JSON Lines with the fields id and text")
    parser.add_argument("-o", "--output", required=True, type=Path, metavar="DIR", help="folder for the results")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="runs of every program [default: 3]")
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--commit", default="unknown", help="commit of dechaff, for the record")
    parser.add_argument("--timeout", type=float, default=3600, metavar="S", help="seconds a run may take [default: 3600]")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    options.input = os.path.abspath(options.input)
    options.dechaff = os.path.abspath(options.dechaff)
    return options


def main():
    options = arguments()
    try:
        ids_of([options.input])
    except (Failed, OSError, ValueError, KeyError) as error:
        raise SystemExit(f"{options.input}: not JSON Lines with an id of its own for every document: {error!r}") from None
    options.output.mkdir(parents=True, exist_ok=True)
    names = [WC, *(n for n in ["dechaff", *PEERS] if n in options.only)]
    results = {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "commit": options.commit,
        "rounds": options.rounds,
        "machine": machine(),
        "python": platform.python_version(),
        "wc": first_line(["wc", "--version"]),
        "packages": {d.name: d.version for d in sorted(importlib.metadata.distributions(), key=lambda d: d.name)},
        # Reading the file for its digest also brings it into memory, for the first program as for the last.
        "input": {
            "name": os.path.basename(options.input),
            "bytes": os.path.getsize(options.input),
            "sha256": digest(options.input),
        },
    }
    rounds = {name: [] for name in names}
    kept, failed = {}, {}
    with tempfile.TemporaryDirectory(prefix="benchsuite-", dir=options.output) as work:
        for turn in range(options.rounds):
            for name in names:
                if name in failed:
                    continue
                try:
                    took, ids = run_once(name, options, Path(work) / "run")
                    if ids != kept.setdefault(name, ids):
                        print(f"{name}: kept other documents than in the first round", file=sys.stderr)
                    rounds[name].append(took)
                    print(f"round {turn + 1}  {name:16} {took['cpu_seconds']:9.2f} s", file=sys.stderr, flush=True)
                except Failed as error:
                    failed[name] = str(error)
                    print(f"round {turn + 1}  {name:16} failed: {error}", file=sys.stderr, flush=True)

    if WC in failed:
        raise SystemExit(f"{WC} failed: {failed[WC]}")
    print("exact similarities ...", file=sys.stderr, flush=True)
    corpus = Corpus(options.input)
    results["input"] |= {"documents": len(corpus.ids), "text_bytes": corpus.text_bytes}
    yardstick = summarise(rounds[WC])["cpu_seconds"]
    results["programs"] = programs = {}
    for name in names:
        if name == WC:
            about = {"version": results["wc"].rpartition(" ")[2], "setting": "counts words"}
        elif name == "dechaff":
            about = {"version": first_line([options.dechaff, "--version"]).rpartition(" ")[2], "setting": DECHAFF_SETTING}
        else:
            about = {"version": version(PEERS[name][1]), "setting": PEERS[name][2]}
        programs[name] = about
        if name in failed:
            about["failed"] = failed[name]
            continue
        best = summarise(rounds[name])
        about |= {
            "best": best,
            "rounds": rounds[name],
            "text_mb_per_cpu_second": corpus.text_bytes / 1e6 / best["cpu_seconds"],
            "times_wc": best["cpu_seconds"] / yardstick,
        }
        if kept[name] is not None:
            about["agreement"] = corpus.judge(kept[name])
    (options.output / "results.json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    (options.output / "table.md").write_text(table(results))
    (options.output / "speed.svg").write_text(speed_plot(results))
    print(table(results))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
