import { type Extension, typed } from "./envoy.ts";

const OWN = { remove_on_match: { key_matcher: { prefix: "x-envoy-" } } };

/**
 * Strips `x-envoy-*` in both directions: from clients they could change retries and timeouts, and to clients they would
 * reveal internals.
 */
export const internalHeaders: Extension = {
  name: "envoy.filters.http.header_mutation",
  typed_config: typed("envoy.extensions.filters.http.header_mutation.v3.HeaderMutation", {
    mutations: { request_mutations: [OWN], response_mutations: [OWN] },
  }),
};
