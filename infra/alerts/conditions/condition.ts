import { objectives } from "../../../ecosystem/objectives.ts";
import { burns, FEWEST_REQUESTS } from "../alerts.ts";
import { above, absent, and, type Expression, marked, or, type PromWindow, type Vector } from "../promql.ts";

/** What makes an alert fire: an expression, and the label that names what it is about. */
export type Condition = { expression: string; subject?: string };

/** A condition that fires once for each value of the label `subject`. */
export const about = <L extends string>(subject: L, { text }: Vector<L>): Condition => ({ expression: text, subject });

/** Fires for each exporter whose series is absent. */
export const silent = (series: Record<string, Expression>): Condition =>
  about("exporter", or(...Object.entries(series).map(([exporter, one]) => marked("exporter", exporter, absent(one)))));

/** The burn-rate conditions, by the alert's name. */
export function burning<L extends string>(
  subject: L,
  { failures, errorRatio }: { failures(window: PromWindow): Vector<L>; errorRatio(window: PromWindow): Vector<L> },
) {
  const condition = (name: keyof typeof burns): Condition => {
    const { factor, long, short } = burns[name];
    const bound = Number((factor * objectives.errorRatio).toPrecision(6));
    return about(
      subject,
      and(above(errorRatio(long), bound), above(errorRatio(short), bound), above(failures(long), FEWEST_REQUESTS)),
    );
  };
  return {
    ErrorBudgetBurn14x: condition("ErrorBudgetBurn14x"),
    ErrorBudgetBurn6x: condition("ErrorBudgetBurn6x"),
    ErrorBudgetBurn3x: condition("ErrorBudgetBurn3x"),
    ErrorBudgetBurn1x: condition("ErrorBudgetBurn1x"),
  };
}
