import type { core } from "@pulumi/kubernetes/types/input.js";
import { edgePaths } from "../../../edge/paths.ts";
import { AGENT, component, edgeConfigMap, edgeFolder, edgeMetricsPort, labelsOf, namespaceOf } from "../../names.ts";
import { resources, restrictedContainer, restrictedPod, scratch, spread } from "./pods.ts";

/** The edge's service account, and what else has its name. */
export const EDGE = "edge";

/** The ConfigMap that Pulumi fills: the edge to rest on. */
export const RESTING = "edge-resting";

/** The Secret with what the edge keeps to itself. */
export const EDGE_SECRETS = "edge-secrets";

/** Where the edge finds its secrets. */
export const SECRETS_FOLDER = "/etc/edge/secrets";

/** Seconds that calls which are open may take to end when an edge is stopped, and the least that it waits for nothing new to come. */
const DRAIN = { mostSeconds: 60, leastSeconds: 10 };

const RESTING_FOLDER = "/resting";
const TOKEN_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Written last, so that Envoy starts on a whole folder. */
const { bootstrap: BOOTSTRAP, admin: ADMIN_SOCKET } = edgePaths(edgeFolder);

type EdgePodArgs = {
  stack: string;
  images: { envoy: string; watcher: string };
  /** Its ports: services by name, and separate ports for the Gateway. */
  ports: { name: string; port: number }[];
  /** Annotations: another value of one starts other pods, for what a running pod cannot follow. */
  restarts: Record<string, string>;
};

/** The pod of the edge: Envoy, and a sidecar that fills its folder before it starts and keeps it current. */
export function edgePod({ stack, images, ports, restarts }: EdgePodArgs) {
  const folder = { name: "folder", mountPath: edgeFolder };
  return {
    metadata: { labels: { ...labelsOf(stack), ...component("edge") }, annotations: restarts },
    spec: {
      ...restrictedPod,
      serviceAccountName: EDGE,
      terminationGracePeriodSeconds: DRAIN.mostSeconds + 10,
      topologySpreadConstraints: spread(component("edge")),
      initContainers: [
        {
          ...restrictedContainer,
          name: "watcher",
          image: images.watcher,
          // Envoy starts when there are files
          restartPolicy: "Always",
          command: [...AGENT, "watch"],
          env: [
            { name: "NAMESPACE", value: namespaceOf(stack) },
            { name: "MOVED_CONFIG_MAP", value: edgeConfigMap },
            { name: "RESTING_CONFIG_MAP", value: RESTING },
            { name: "RESTING_FOLDER", value: RESTING_FOLDER },
            { name: "EDGE_FOLDER", value: edgeFolder },
            { name: "TOKEN_FOLDER", value: TOKEN_FOLDER },
            // the heap of a process that keeps a few files of some ten thousand bytes
            { name: "NODE_OPTIONS", value: "--max-old-space-size=64" },
          ],
          resources: resources({ cpu: 0.1, memoryMi: 192 }),
          startupProbe: { exec: { command: ["test", "-e", BOOTSTRAP] }, periodSeconds: 1, failureThreshold: 120 },
          livenessProbe: {
            exec: { command: ["sh", "-c", `test -n "$(find ${edgeFolder}/.watcher -mmin -1)"`] },
            periodSeconds: 20,
            timeoutSeconds: 5,
            failureThreshold: 3,
          },
          volumeMounts: [
            folder,
            { name: "resting", mountPath: RESTING_FOLDER, readOnly: true },
            { name: "token", mountPath: TOKEN_FOLDER, readOnly: true },
          ],
        },
      ],
      containers: [
        {
          ...restrictedContainer,
          name: EDGE,
          image: images.envoy,
          command: [
            "envoy",
            "--config-path",
            BOOTSTRAP,
            "--disable-hot-restart",
            "--concurrency",
            "2",
            "--log-level",
            "warning",
            // how late the samples of what failed may be
            "--file-flush-interval-msec",
            "1000",
          ],
          ports: [
            ...ports.map(({ name, port }) => ({ name, containerPort: port })),
            { name: "metrics", containerPort: edgeMetricsPort },
          ],
          resources: resources({ cpu: 1, memoryMi: 512 }),
          startupProbe: { ...asked("/healthz"), periodSeconds: 1, failureThreshold: 60 },
          readinessProbe: { ...asked("/healthz"), periodSeconds: 2, failureThreshold: 2 },
          // an edge that drains is not healthy, and yet must not be killed
          livenessProbe: { tcpSocket: { port: "metrics" }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
          lifecycle: {
            preStop: {
              exec: {
                // a program of Envoy's own image: a preStop runs in the container that is stopped
                command: ["drain.py", ADMIN_SOCKET, `${DRAIN.leastSeconds}`, `${DRAIN.mostSeconds}`],
              },
            },
          },
          volumeMounts: [folder, { name: "secrets", mountPath: SECRETS_FOLDER, readOnly: true }],
        },
      ],
      volumes: [
        scratch("folder", "64Mi"),
        { name: "resting", configMap: { name: RESTING } },
        { name: "secrets", secret: { secretName: EDGE_SECRETS } },
        { name: "token", projected: { sources: tokenSources } },
      ],
    },
  } satisfies core.v1.PodTemplateSpec;
}

const asked = (path: string) => ({ httpGet: { path, port: "metrics" }, timeoutSeconds: 2 });

/** The only token in the namespace: the watcher's own, renewed each hour, and the authority that the API server is known by. */
const tokenSources = [
  { serviceAccountToken: { path: "token", expirationSeconds: 3600 } },
  { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
];
