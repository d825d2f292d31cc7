import { enableCompileCache, flushCompileCache } from "node:module";

// Node strips the types once and keeps what it made: every later start takes half the time. No `await`: the pack is required
enableCompileCache();
import("./pack.ts").then(() => flushCompileCache());
