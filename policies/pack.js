import { enableCompileCache, flushCompileCache } from "node:module";

// Node caches the stripped code, so every later start takes half the time. No `await`: the pack is required
enableCompileCache();
import("./pack.ts").then(() => flushCompileCache());
