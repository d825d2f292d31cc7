/** Where backups lie, and where their copies do. */
type Places = { backups: string; vault: string };

/** True where these are two places. */
export const elsewhere = ({ backups, vault }: Places) => backups !== vault;
/** True where what is outside is of one kind: each identity has one key. */
export const ofOneKind = ({ backups, vault }: Places) => {
  const kinds = [backups, vault].filter((place) => !place.startsWith("/")).map((place) => place.slice(0, 3));
  return new Set(kinds).size <= 1;
};
export const vaultIsElsewhere = {
  error: "the vault is the repository itself: one accident takes both",
  path: ["vault"],
};
export const vaultIsOfOneKind = { error: "not of the repository's kind; each identity has one key", path: ["vault"] };
