export { confidenceBand } from "./band.ts";
export { certificateEValue, certifiedBound, certifies } from "./certificate.ts";
export { exceedanceEValue } from "./exceedance.ts";
export { TwoSample } from "./two-sample.ts";
