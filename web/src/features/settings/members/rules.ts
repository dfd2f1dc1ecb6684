/** Who may do what to whom; the API is the judge, this hides what it would refuse. */
import { grantable, type Role } from "@/lib/roles";

interface Person {
  role: Role;
  you: boolean;
}

/** Return the roles that somebody of role `own` may make a member; just the one that they have where none. */
export function rolesFor(own: Role, member: Person, onlyOwner: boolean): Role[] {
  const may = grantable(own);
  return may.includes(member.role) && !onlyOwner ? may : [member.role];
}

/** Return the word for taking a member out, or null where that is not one's to do. */
export function removal(own: Role, member: Person, onlyOwner: boolean): "Leave" | "Remove" | null {
  if (onlyOwner) return null;
  if (member.you) return "Leave";
  return grantable(own).includes(member.role) ? "Remove" : null;
}
