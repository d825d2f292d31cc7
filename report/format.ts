import type { Fraction, Seconds } from "../ecosystem/units.ts";
import { percent } from "../promotion/wording.ts";

/** A duration as on a clock: "0:07", "2:31", "1:00:05"; `seconds` in seconds. */
export function clockTime(seconds: Seconds): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (number: number) => String(number).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** A duration in words: "7 s", "2 min 31 s", "25 h 1 min"; `seconds` in seconds. */
export function span(seconds: Seconds): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${rest} s` : `${rest} s`;
}

/** An upper bound (a fraction) in percent, with at most three significant digits, rounded up so that it remains a bound. */
export function percentUp(fraction: Fraction): string {
  const unit = 10 ** (Math.floor(Math.log10(fraction)) - 2);
  return percent(Math.ceil(fraction / unit - 1e-9) * unit);
}

/** A count with thousands separators: "12,408". */
export const count = (number: number): string => number.toLocaleString("en-US");

/** A moment (milliseconds since the epoch) as date and time in UTC: "2026-08-31 14:03:12 UTC". */
export const moment = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;
