import { type Extension, type Typed, typed } from "./envoy.ts";

/** Largest request body in bytes (413 above it): the limit that the official MCP SDK's servers have themselves. */
const LARGEST_REQUEST = 4 * 1024 * 1024;

const BUFFER_FILTER = "envoy.filters.http.buffer";

/** Rejects oversized requests, buffered or not, and forwards calls once complete, so that slow uploads do not occupy a server. */
export const bodyLimits: Extension[] = [
  {
    name: "envoy.filters.http.body_size_limit",
    typed_config: typed("envoy.extensions.filters.http.body_size_limit.v3.BodySizeLimit", {
      max_request_bytes: LARGEST_REQUEST,
    }),
  },
  {
    name: BUFFER_FILTER,
    typed_config: typed("envoy.extensions.filters.http.buffer.v3.Buffer", { max_request_bytes: LARGEST_REQUEST }),
  },
];

/** Route configuration that turns request buffering off. */
export const unbuffered: Record<string, Typed> = {
  [BUFFER_FILTER]: typed("envoy.extensions.filters.http.buffer.v3.BufferPerRoute", { disabled: true }),
};
