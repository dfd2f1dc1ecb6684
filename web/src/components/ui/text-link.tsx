import { Link, type LinkProps } from "react-router";

/** A link in running text, told from it by more than its colour. */
export function TextLink(props: LinkProps) {
  return <Link {...props} className="font-medium text-accent underline underline-offset-3" />;
}
