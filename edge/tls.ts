import { type Extension, type Typed, typed } from "./envoy.ts";
import { FILES, watchedFile } from "./paths.ts";
import type { EdgeSettings, Tls } from "./settings.ts";

const CERTIFICATE = "certificate";

/** How a listener of the edge talks TLS: 1.2 or newer, with the certificate that `certificates` names. */
export const tlsSocket = (settings: EdgeSettings): Extension => ({
  name: "envoy.transport_sockets.tls",
  typed_config: typed("envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext", {
    common_tls_context: {
      tls_params: { tls_minimum_protocol_version: "TLSv1_2" },
      alpn_protocols: ["h2", "http/1.1"],
      tls_certificate_sds_secret_configs: [
        { name: CERTIFICATE, sds_config: watchedFile(settings, FILES.certificates) },
      ],
    },
  }),
});

/** The certificate as a separate resource: only then does Envoy reload it when a file is moved into its folder. */
export const certificates = ({ certificate, key }: Tls): Typed[] => [
  typed("envoy.extensions.transport_sockets.tls.v3.Secret", {
    name: CERTIFICATE,
    tls_certificate: {
      certificate_chain: { filename: certificate },
      private_key: { filename: key },
    },
  }),
];
