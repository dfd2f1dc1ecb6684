import clsx from "clsx";
import { inputLook } from "@/components/ui/field";
import { nameOf, tagDimension, type Dimension } from "@/lib/dimensions";

interface DimensionChoiceProps {
  label: string;
  value: Dimension;
  known: readonly Dimension[];
  tags: readonly string[];
  /** Choosing none is possible, and called so. */
  none?: string;
  onChange: (dimension: Dimension) => void;
}

/** Chooses a dimension, the declared tags among them. */
export function DimensionChoice({
  label,
  value,
  known,
  tags,
  none,
  onChange,
}: DimensionChoiceProps) {
  const dimensions = [...known, ...tags.map(tagDimension)];
  // A tag that the link names and the workspace has not declared (any more).
  if (value !== "" && !dimensions.includes(value)) dimensions.push(value);
  return (
    <span className="w-40">
      <select
        aria-label={label}
        value={value}
        onChange={({ target }) => onChange(target.value)}
        className={clsx(inputLook, "h-8 pr-7 text-xs")}
      >
        {none !== undefined && <option value="">{none}</option>}
        {dimensions.map((each) => (
          <option key={each} value={each}>
            {nameOf(each)}
          </option>
        ))}
      </select>
    </span>
  );
}
