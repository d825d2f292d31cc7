/** An address that only this host reaches. */
export const isLoopback = (address: string): boolean => address === "::1" || /^127\./.test(address);
