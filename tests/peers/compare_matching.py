"""Matches the FEBRL sets with recordlinkage (ECM) and Splink, and prints their F1 beside ours.

usage: compare_matching.py FOLDER_WITH_FEBRL_CSVS [OUTPUT_OF_BENCH_MATCH]

The second file holds the JSON object of `cargo xtask bench match --json`. None of the three sees a label while
it learns. The peers use blocking rules, as their documentation teaches; ours compares every pair.
"""

import json
import pathlib
import sys

import pandas
import recordlinkage
import splink.comparison_library as compare
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

COLUMNS = ["given_name", "surname", "date_of_birth", "suburb", "postcode", "state", "soc_sec_id"]
BLOCKS = [["given_name"], ["surname"], ["date_of_birth"], ["soc_sec_id"], ["postcode", "suburb"]]


def read(path):
    frame = pandas.read_csv(path, dtype=str, skipinitialspace=True, keep_default_na=False)
    frame = frame.set_index(frame.columns[0]).map(str.strip)
    return frame[COLUMNS].replace("", None)


def person(record):
    return record.split("-")[1]


def true_pairs(left, right=None):
    if right is not None:
        known = set(map(person, right.index))
        return sum(person(record) in known for record in left.index)
    sizes = pandas.Series([person(record) for record in left.index]).value_counts()
    return int((sizes * (sizes - 1) // 2).sum())


def f1(pairs, truth):
    found = sum(person(one) == person(other) for one, other in pairs)
    return 2 * found / (len(pairs) + truth)


def with_recordlinkage(left, right=None):
    index = recordlinkage.Index()
    for columns in BLOCKS:
        index.block(columns)
    candidates = index.index(left) if right is None else index.index(left, right)
    rules = recordlinkage.Compare()
    for column in ["given_name", "surname", "suburb"]:
        rules.string(column, column, method="jarowinkler", threshold=0.85)
    for column in ["date_of_birth", "postcode", "state", "soc_sec_id"]:
        rules.exact(column, column)
    features = rules.compute(candidates, left) if right is None else rules.compute(candidates, left, right)
    return list(recordlinkage.ECMClassifier().fit_predict(features))


def with_splink(left, right=None):
    settings = SettingsCreator(
        link_type="dedupe_only" if right is None else "link_only",
        unique_id_column_name="rec_id",
        comparisons=[
            compare.JaroWinklerAtThresholds("given_name").configure(term_frequency_adjustments=True),
            compare.JaroWinklerAtThresholds("surname").configure(term_frequency_adjustments=True),
            compare.DamerauLevenshteinAtThresholds("date_of_birth", [1, 2]),
            compare.JaroWinklerAtThresholds("suburb").configure(term_frequency_adjustments=True),
            compare.ExactMatch("postcode"),
            compare.ExactMatch("state"),
            compare.DamerauLevenshteinAtThresholds("soc_sec_id", [1]),
        ],
        blocking_rules_to_generate_predictions=[block_on(*columns) for columns in BLOCKS],
    )
    tables = [table.rename_axis("rec_id").reset_index() for table in (left, right) if table is not None]
    api = DuckDBAPI()
    linker = Linker([api.register(table) for table in tables], settings)
    linker.training.estimate_probability_two_random_records_match([block_on("soc_sec_id")], recall=0.9)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for columns in (["date_of_birth"], ["given_name", "surname"]):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*columns))
    pairs = linker.inference.predict(threshold_match_probability=0.5).as_pandas_dataframe()
    return list(zip(pairs["rec_id_l"], pairs["rec_id_r"]))


def main(folder, ours=None):
    folder = pathlib.Path(folder)
    linkage = (read(folder / "dataset4a.csv"), read(folder / "dataset4b.csv"))
    dedupe = (read(folder / "dataset3.csv"),)
    rows = {}
    for name, run in [("recordlinkage ECM", with_recordlinkage), ("Splink", with_splink)]:
        rows[name] = [f1(run(*frames), true_pairs(*frames)) for frames in (linkage, dedupe)]
    if ours:
        text = pathlib.Path(ours).read_text()
        report = json.loads(text[text.index("{") :])
        figures = report.get("figures", report)
        rows["Teranga"] = [figures["febrl4_f1"], figures["febrl3_f1"]]
    print(f"{'F1':<20}{'FEBRL 4 linkage':>18}{'FEBRL 3 dedupe':>18}")
    for name, figures in rows.items():
        print(f"{name:<20}" + "".join(f"{figure:>18.4f}" for figure in figures))


if __name__ == "__main__":
    main(*sys.argv[1:])
