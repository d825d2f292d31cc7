import { serviceNamed } from "../../ecosystem/services.ts";
import { rule } from "../check.ts";
import { at, isTrue, textAt } from "../props.ts";
import type { Resource } from "../resource.ts";
import { demand, type Finding } from "../verdict.ts";
import type { View } from "../view/view.ts";

export const deletionProtection = rule("deletion-protection", {
  why: "a wrong word in a program must not cost anybody's data",
  remedy: "protect what holds data, in Pulumi and on the platform",
  notApplicable: (_, { level }) => (level.keepsData ? undefined : "a stack of one's own may be thrown away"),
  each: (resource) => {
    switch (resource.type) {
      case "gcp:sql/databaseInstance:DatabaseInstance":
        return [
          demand(isTrue(resource.props, "deletionProtection") && resource.protect, resource, "it can be deleted"),
        ];
      case "gcp:compute/disk:Disk":
        return [demand(resource.protect, resource, "it can be deleted")];
      case "gcp:storage/bucket:Bucket":
        return [
          demand(at(resource.props, "forceDestroy") !== true, resource, "it can be deleted with all that is in it"),
        ];
      default:
        return [];
    }
  },
  judge: (view) => volumes(view),
});

/** The volumes that hold data: those of services that keep it there, and the database's. */
function volumes(view: View): Finding[] {
  const held = new Set(
    view.containers
      .filter(
        ({ service, name, resource }) =>
          (service !== undefined && serviceNamed(service).state.data === "volume") ||
          (resource.type.startsWith("docker:") && /-postgres$/.test(name)),
      )
      .flatMap(({ mounts }) => mounts.filter(({ folder, writable }) => writable && isData(folder)))
      .map(({ volume }) => volume),
  );
  return view
    .of("docker:index/volume:Volume", "kubernetes:core/v1:PersistentVolumeClaim")
    .filter((resource) => held.has(nameOf(resource) ?? ""))
    .map((resource) => demand(resource.protect, resource, "it holds data and can be deleted"));
}

const isData = (folder: string): boolean => folder === "/data" || folder.startsWith("/var/lib/postgresql");

const nameOf = ({ props }: Resource): string | undefined => textAt(props, "metadata.name") ?? textAt(props, "name");
