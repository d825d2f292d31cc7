// Preloaded (`node --import`) into a server that would listen on all addresses, so that it listens on 127.0.0.1.
import { Server } from "node:net";

const listen = Server.prototype.listen as (this: Server, ...args: unknown[]) => Server;

Server.prototype.listen = function (this: Server, ...args: unknown[]): Server {
  const [port, host, ...rest] = args;
  const onlyPort = /^\d+$/.test(String(port)) && typeof host !== "string";
  return listen.apply(this, onlyPort ? [port, "127.0.0.1", host, ...rest] : args);
};
