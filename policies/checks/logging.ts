import { retention } from "../../ecosystem/retention.ts";
import { check } from "../check.ts";
import { at, isTrue, numberAt, textAt } from "../props.ts";
import type { Resource } from "../resource.ts";
import { demand, type Finding, fail, notApplicable } from "../verdict.ts";
import type { View } from "../view/view.ts";

const CONTAINER = "docker:index/container:Container";
const FIELDS = ["revision", "traceparent"];

/** 6 - Logging: logs are kept long enough, rotated, and lead from a request to its revision and trace. */
export const logging = check(6, "logging", {
  why: "without logs an incident cannot be explained, and logs without rotation cause one",
  remedy: `keep logs for ${retention.logDays} days, rotate them, and log each request as JSON with its revision and trace`,
  each: (resource) => (resource.type === CONTAINER && at(resource.props, "start") !== false ? [rotates(resource)] : []),
  judge: (view) => [...kept(view), ...traced(view)],
});

function rotates(container: Resource): Finding {
  const { props } = container;
  const local = textAt(props, "logDriver") === "json-file" || textAt(props, "logDriver") === "local";
  const bounded = at(props, "logOpts.max-size") !== undefined && (numberAt(props, "logOpts.max-file") ?? 0) > 1;
  return demand(local && bounded, container, "its log is not rotated, so it grows until the disk is full");
}

function kept(view: View): Finding[] {
  if (view.target === "kubernetes") {
    return [
      notApplicable("stack", "container logs are collected by the cluster's own agent, which is not part of the stack"),
    ];
  }
  if (view.target !== "cloud-run") return [];
  const buckets = view.of("gcp:logging/projectBucketConfig:ProjectBucketConfig");
  const sinks = view.of("gcp:logging/projectSink:ProjectSink");
  return [
    ...buckets.map((bucket) =>
      demand(
        (numberAt(bucket.props, "retentionDays") ?? 0) >= retention.logDays,
        bucket,
        `it keeps logs for less than ${retention.logDays} days`,
      ),
    ),
    ...(buckets.length === 0 ? [fail("stack", "no log bucket sets a retention period")] : []),
    demand(
      sinks.some((sink) => textAt(sink.props, "filter")?.includes("cloud_run_revision")),
      sinks[0] ?? "stack",
      "no sink routes the services' logs to the log bucket",
    ),
  ];
}

/** Each request is one line of JSON with its revision and trace; Google's load balancer logs that automatically. */
function traced(view: View): Finding[] {
  if (view.target === "cloud-run") {
    return view
      .of("gcp:compute/backendService:BackendService")
      .map((backend) => demand(isTrue(backend.props, "logConfig.enable"), backend, "it does not log requests"));
  }
  return [
    ...view.listeners.map((listener) =>
      demand(
        FIELDS.every((field) => listener.logged.includes(field)),
        listener,
        `requests are not logged as JSON with ${FIELDS.join(" and ")}`,
      ),
    ),
    demand(view.listeners.length > 0, "stack", "there is no edge that logs requests"),
  ];
}
