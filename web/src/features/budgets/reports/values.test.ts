import { describe, expect, it } from "vitest";
import { reportSettings } from "../example";
import { changesOf, schema, toValues } from "./values";

const before = reportSettings({ team_channels: { search: [4] } });
const changes = (edit: Partial<ReturnType<typeof toValues>>) =>
  changesOf(before, schema.parse({ ...toValues(before), ...edit }));

describe("the settings of reports", () => {
  it("sends nothing that stays as it is", () => {
    expect(changes({})).toEqual({});
    expect(changes({ anomaly_minimum: "10.00" })).toEqual({});
  });

  it("tells everybody, some and nobody apart", () => {
    expect(changes({ where: "nowhere" })).toEqual({ report_channels: [] });
    expect(changes({ where: "chosen", report_channels: [3] })).toEqual({ report_channels: [3] });
    expect(toValues({ ...before, report_channels: [] }).where).toBe("nowhere");
    expect(toValues({ ...before, report_channels: [1] }).where).toBe("chosen");
  });

  it("takes no channels chosen for nobody", () => {
    const { error } = schema.safeParse({ ...toValues(before), where: "chosen" });
    expect(error?.issues.map(({ path }) => path)).toEqual([["report_channels"]]);
  });

  it("replaces the channels of teams as a whole", () => {
    expect(changes({ team_channels: [] })).toEqual({ team_channels: {} });
    expect(changes({ weekly_report: false })).toEqual({ weekly_report: false });
  });

  it("refuses a team twice or without channels", () => {
    const line = { team: "a", channels: [1] };
    const read = (team_channels: (typeof line)[]) =>
      schema.safeParse({ ...toValues(before), team_channels }).success;
    expect(read([line, line])).toBe(false);
    expect(read([{ ...line, channels: [] }])).toBe(false);
    expect(read([line])).toBe(true);
  });
});
