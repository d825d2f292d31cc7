import { at, isTrue, listAt, numberAt, objectAt, type Props, textAt } from "../props.ts";
import type { Resource } from "../resource.ts";
import { type ContainerView, serviceOf } from "./container.ts";

const templates: Readonly<Record<string, string>> = {
  "kubernetes:apps/v1:Deployment": "spec.template",
  "kubernetes:apps/v1:StatefulSet": "spec.template",
  "kubernetes:apps/v1:DaemonSet": "spec.template",
  "kubernetes:batch/v1:Job": "spec.template",
  "kubernetes:batch/v1:CronJob": "spec.jobTemplate.spec.template",
};

/** The labels of a workload's pods. */
export const podLabels = ({ type, props }: Resource): Props =>
  objectAt(props, `${templates[type] ?? ""}.metadata.labels`);

/** The containers of a cluster's workloads, including init containers and sidecars. */
export const podContainers = (resources: readonly Resource[]): ContainerView[] =>
  resources.flatMap((resource) => {
    const template = templates[resource.type];
    if (template === undefined) return [];
    return ["initContainers", "containers"].flatMap((kind) =>
      listAt(resource.props, `${template}.spec.${kind}`).map((_, i) =>
        container(resource, `${template}.spec`, kind, i),
      ),
    );
  });

function container(resource: Resource, spec: string, kind: string, index: number): ContainerView {
  const { props, type } = resource;
  const own = listAt(props, `${spec}.${kind}`)[index];
  const pod = objectAt(props, spec);
  const labels = podLabels(resource);
  const name = textAt(own, "name") ?? "";
  const service = serviceOf(at(labels, "service"));
  return {
    resource,
    path: `${spec}.${kind}[${index}]`,
    // a sidecar of a service's container is not the service
    service: service === name ? service : undefined,
    name,
    get image() {
      return textAt(own, "image");
    },
    variables: listAt(own, "env").map((variable, i) => ({
      path: `${spec}.${kind}[${index}].env[${i}]`,
      name: textAt(variable, "name") ?? "",
      text: textAt(variable, "value"),
      secret: textAt(variable, "valueFrom.secretKeyRef.key"),
    })),
    words: [...listAt(own, "command"), ...listAt(own, "args")].map(String),
    security: {
      root: !(isTrue(own, "securityContext.runAsNonRoot") || isTrue(pod, "securityContext.runAsNonRoot")),
      privileged:
        isTrue(own, "securityContext.privileged") ||
        listAt(own, "securityContext.capabilities.add").length > 0 ||
        ["hostNetwork", "hostPID", "hostIPC"].some((flag) => isTrue(pod, flag)),
      confined:
        listAt(own, "securityContext.capabilities.drop").includes("ALL") &&
        at(own, "securityContext.allowPrivilegeEscalation") === false,
    },
    limits: {
      memory: at(own, "resources.limits.memory") !== undefined,
      cpu: at(own, "resources.limits.cpu") !== undefined,
    },
    probes: {
      starts: at(own, "startupProbe") !== undefined && at(own, "readinessProbe") !== undefined,
      lives: at(own, "livenessProbe") !== undefined,
    },
    ports: listAt(own, "ports").map((port) => ({ port: numberAt(port, "containerPort") ?? 0 })),
    mounts: listAt(own, "volumeMounts").flatMap((mount) => {
      const volume = listAt(pod, "volumes").find((one) => at(one, "name") === at(mount, "name"));
      const claim = textAt(volume, "persistentVolumeClaim.claimName");
      const folder = textAt(mount, "mountPath") ?? "";
      return claim === undefined ? [] : [{ volume: claim, folder, writable: !isTrue(mount, "readOnly") }];
    }),
    lasting: !type.startsWith("kubernetes:batch/") && (kind === "containers" || at(own, "restartPolicy") === "Always"),
  };
}
