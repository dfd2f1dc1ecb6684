/** What people may be in a workspace, and what that means, in words. */
export const ROLES = {
  owner: { name: "Owner", about: "Everything, and says who else is an owner." },
  admin: { name: "Admin", about: "Everything but owners: members, API keys, prices, settings." },
  member: { name: "Member", about: "Sees everything; sets budgets and decides recommendations." },
  viewer: { name: "Viewer", about: "Sees everything, changes nothing." },
} as const;

export type Role = keyof typeof ROLES;

export const ROLE_NAMES = Object.keys(ROLES) as Role[];

/** Return the roles that somebody may give to others, and take from them. */
export function grantable(own: Role): Role[] {
  if (own === "owner") return ROLE_NAMES;
  return own === "admin" ? ROLE_NAMES.filter((role) => role !== "owner") : [];
}
