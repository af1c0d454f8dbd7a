"""Near-duplicates by datatrove: datatrove_peer.py [--plain] INPUT.jsonl OUTPUT.jsonl

Its four steps one after another, each in this process: signatures, buckets, clusters, filter. Documents that share a
band belong together, and so do their neighbours' neighbours; one of such a cluster stays.

Without --plain words are those of datatrove: of spaCy's English tokeniser, after case, punctuation, numbers and accents
were made alike. With --plain they are lower-cased and split at white space, as for the other peers.
"""

import os
import shutil
import sys
import tempfile

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import (
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter
from datatrove.utils.text import TextNormConfig
from datatrove.utils.typeshelper import Languages
from datatrove.utils.word_tokenizers import WordTokenizer

BANDS = 25
ROWS = 5


class SplitAtSpace(WordTokenizer):
    def word_tokenize(self, text):
        return text.split()

    def sent_tokenize(self, text):
        raise NotImplementedError

    def span_tokenize(self, text):
        raise NotImplementedError


def main(source, target, plain):
    words = Languages.english
    config = MinhashConfig(n_grams=5, num_buckets=BANDS, hashes_per_bucket=ROWS)
    if plain:
        words = SplitAtSpace()
        config.norm_config = TextNormConfig(
            remove_punctuation=False, norm_unicode_diacritics=False, norm_numbers=False
        )

    folder, name = os.path.split(os.path.abspath(source))
    with tempfile.TemporaryDirectory(dir=os.path.dirname(os.path.abspath(target))) as work:

        def step(called, tasks, *pipeline):
            LocalPipelineExecutor(list(pipeline), tasks=tasks, workers=1, logging_dir=f"{work}/log/{called}").run()

        def reader():
            return JsonlReader(folder, glob_pattern=name, add_file_path=False)

        signatures, buckets, clusters, kept = (f"{work}/{x}" for x in ("signatures", "buckets", "clusters", "kept"))
        step("signatures", 1, reader(), MinhashDedupSignature(signatures, config=config, language=words))
        step("buckets", BANDS, MinhashDedupBuckets(signatures, buckets, config=config))
        step("clusters", 1, MinhashDedupCluster(buckets, clusters, config=config))
        writer = JsonlWriter(kept, output_filename="kept.jsonl", compression=None, expand_metadata=True)
        step("filter", 1, reader(), MinhashDedupFilter(clusters), writer)
        shutil.move(f"{kept}/kept.jsonl", target)


if __name__ == "__main__":
    arguments = [a for a in sys.argv[1:] if a != "--plain"]
    main(*arguments, plain="--plain" in sys.argv)
