type BackupLocations = { backups: string; vault: string };

/** True if the vault is not the backup repository itself. */
export const elsewhere = ({ backups, vault }: BackupLocations) => backups !== vault;
/** True if both are with the same provider (gs: or s3:), or local: each backup identity has only one set of credentials. */
export const ofOneKind = ({ backups, vault }: BackupLocations) => {
  const kinds = [backups, vault].filter((place) => !place.startsWith("/")).map((place) => place.slice(0, 3));
  return new Set(kinds).size <= 1;
};
export const vaultIsElsewhere = {
  error: "the vault and the backups are the same repository; one accident would destroy both",
  path: ["vault"],
};
export const vaultIsOfOneKind = {
  error:
    "the vault must use the same provider as the backups (gs: or s3:), because each backup identity has only one set of credentials",
  path: ["vault"],
};
