import { describe, expect, it } from "vitest";
import { parsePrometheus, samplesOf } from "../support/prometheus.ts";

const HISTOGRAM = "# HELP a b\n# TYPE a histogram\n";

describe("parsePrometheus", () => {
  it("reads families, labels and numbers", () => {
    const families = parsePrometheus(
      '# HELP a_total b c\n# TYPE a_total counter\na_total{x="1",y="a\\"\\\\\\n,}"} 1.5e+3\n\n',
    );
    expect(samplesOf(families, "a_total")).toEqual([
      { name: "a_total", labels: { x: "1", y: 'a"\\\n,}' }, value: 1_500 },
    ]);
  });

  it.each([
    ["a sample without a family", "a 1\n"],
    ["a sample of another family", "# HELP a b\n# TYPE a gauge\nb 1\n"],
    ["a family without a type", "# HELP a b\na 1\n"],
    ["a family that comes twice", "# HELP a b\n# TYPE a gauge\n# HELP a b\n# TYPE a gauge\n"],
    ["a sample that comes twice", '# HELP a b\n# TYPE a gauge\na{x="1"} 1\na{x="1"} 2\n'],
    ["a counter without _total", "# HELP a b\n# TYPE a counter\na 1\n"],
    ["a counter below zero", "# HELP a_total b\n# TYPE a_total counter\na_total -1\n"],
    ["a number that is none", "# HELP a b\n# TYPE a gauge\na undefined\n"],
    ["a misspelt NaN", "# HELP a b\n# TYPE a gauge\na Nan\n"],
    ["a label without quotes", "# HELP a b\n# TYPE a gauge\na{x=1} 1\n"],
    ["a label that comes twice", '# HELP a b\n# TYPE a gauge\na{x="1",x="2"} 1\n'],
    ["a last line without an end", "# HELP a b\n# TYPE a gauge\na 1"],
    ["a histogram without +Inf", `${HISTOGRAM}a_bucket{le="1"} 1\na_sum 1\na_count 1\n`],
    [
      "a histogram that is not cumulative",
      `${HISTOGRAM}a_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n`,
    ],
    ["bounds that do not grow", `${HISTOGRAM}a_bucket{le="+Inf"} 1\na_bucket{le="1"} 1\na_sum 1\na_count 1\n`],
    ["a histogram without a sum", `${HISTOGRAM}a_bucket{le="+Inf"} 1\na_count 1\n`],
    ["a count that is not the last bucket", `${HISTOGRAM}a_bucket{le="+Inf"} 1\na_sum 1\na_count 2\n`],
  ])("refuses %s", (_what, text) => {
    expect(() => parsePrometheus(text)).toThrow();
  });
});
