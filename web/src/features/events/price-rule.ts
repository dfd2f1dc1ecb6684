/** Says in words how a call's price was found: see "What `price_rule` says" in docs/prices.md. */

const FOUND: Readonly<Record<string, string>> = {
  exact: "Listed under the name that was sent",
  alias: "Listed under another name that the list knows for it",
  dated: "Found without the date at the end of its name, or with the date written another way",
  prefix: "Found without a prefix such as openai/ before its name",
  version: "Found without a version such as -001 at the end of its name",
};

/** Return a sentence for each thing that a rule says; parts that are not known come as they are. */
export function explainRule(rule: string): string[] {
  const [found = "", ...more] = rule.split(",");
  const steps = found.split(":");
  const how = steps.pop() ?? "";
  const told = [FOUND[how] ?? how];
  for (const step of steps) {
    if (step === "mapping") told.push("The workspace's own names say which model it stands for");
    else told.push(`Priced as ${step} prices it, whose models this provider sells`);
  }
  for (const part of more) told.push(explainPart(part));
  return told;
}

function explainPart(part: string): string {
  const factor = /^([\d.e+-]+)_of_price_(\d+)$/.exec(part);
  if (factor !== null) return `${factor[1] ?? ""} times price ${factor[2] ?? ""}`;
  const rate = /^(.+)_rate$/.exec(part)?.[1];
  if (rate !== undefined) {
    return `At the ${rate} rate, because there is none for the way it was processed`;
  }
  return part;
}
