"""Makes acs-employment.parquet from the example data in the NannyML wheel.

    pip install duckdb==1.5.6 && pip download --no-deps nannyml==0.13.1 && python make.py nannyml-0.13.1-py3-none-any.whl

The labels of the later years lie in a file of their own and are joined by id. The columns `prediction` and
`predicted_probability` are left out: they are another model's answers.
"""

import pathlib
import sys
import tempfile
import zipfile

import duckdb

FOLDER = "nannyml/datasets/data/"
PARTS = ["employment_MA_reference.pq", "employment_MA_analysis.pq", "employment_MA_analysis_target.pq"]
CODES = "SCHL MAR RELP DIS ESP CIT MIG MIL ANC NATIVITY DEAR DEYE DREM SEX RAC1P".split()


def main(wheel: str) -> None:
    target = pathlib.Path(__file__).with_name("acs-employment.parquet")
    with tempfile.TemporaryDirectory() as temporary:
        with zipfile.ZipFile(wheel) as archive:
            reference, analysis, labels = (archive.extract(FOLDER + part, temporary) for part in PARTS)
        columns = ", ".join(["id::integer as id", "AGEP::double as AGEP", *CODES, "year::smallint as year"])
        connection = duckdb.connect(config={"threads": 1})
        connection.execute(
            f"""
            copy (
                select * exclude employed, employed::tinyint as employed from (
                    select {columns}, employed from read_parquet('{reference}')
                    union all
                    select {columns}, employed from read_parquet('{analysis}') as rows join read_parquet('{labels}') as labels using (id)
                ) order by id
            ) to '{target}' (format parquet, compression zstd, compression_level 19, row_group_size 300000)
            """
        )
        print(connection.execute(f"select count(*), count(employed), count(distinct id) from read_parquet('{target}')").fetchone())
        print(target.stat().st_size, "bytes")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
