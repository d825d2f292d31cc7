import { serviceNamed } from "../../ecosystem/services.ts";
import { rule } from "../check.ts";
import { at, isTrue, textAt } from "../props.ts";
import type { Resource } from "../resource.ts";
import { demand, type Finding } from "../verdict.ts";
import type { View } from "../view/view.ts";

export const deletionProtection = rule("deletion-protection", {
  why: "a typo in a program must not delete data",
  remedy: "protect resources that hold data, both in Pulumi and on the platform",
  notApplicable: (_, { level }) => (level.keepsData ? undefined : "the stack is disposable"),
  each: (resource) => {
    switch (resource.type) {
      case "gcp:sql/databaseInstance:DatabaseInstance":
        return [
          demand(
            isTrue(resource.props, "deletionProtection") && resource.protect,
            resource,
            "it is not protected from deletion",
          ),
        ];
      case "gcp:compute/disk:Disk":
        return [demand(resource.protect, resource, "it is not protected from deletion")];
      case "gcp:storage/bucket:Bucket":
        return [
          demand(
            at(resource.props, "forceDestroy") !== true,
            resource,
            "forceDestroy lets it be deleted together with its objects",
          ),
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
    .map((resource) => demand(resource.protect, resource, "it holds data and is not protected from deletion"));
}

const isData = (folder: string): boolean => folder === "/data" || folder.startsWith("/var/lib/postgresql");

const nameOf = ({ props }: Resource): string | undefined => textAt(props, "metadata.name") ?? textAt(props, "name");
