import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { renderReport } from "../../report/report.ts";
import { describeWith, onPath } from "../fixtures/tools.ts";
import { extras, journalOf, scripts } from "./fixtures.ts";

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

type Name = "promoted" | "failing" | "hostile";

describeWith(["chromium"], "the report in a browser", { timeout: 60_000 }, () => {
  let browser: Browser;
  let folder: string;
  const files: { [name in Name]?: string } = {};

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "report-"));
    const events = await journalOf({ ...scripts.outage, resumed: true });
    const hostile = `</script><script>document.title="run"</script><img src="https://127.0.0.1:9/x" onerror="document.title='run'">`;
    const pages = {
      promoted: renderReport({ events, extras }),
      failing: renderReport({ events: await journalOf(scripts.failing), extras: { ...extras, lostSessions: 3 } }),
      hostile: renderReport({ events, extras: { ...extras, title: hostile, workload: hostile } }),
    };
    for (const name of ["promoted", "failing", "hostile"] as const) {
      files[name] = join(folder, `${name}.html`);
      await writeFile(files[name], pages[name]);
    }
    browser = await chromium.launch({ executablePath: onPath("chromium") ?? "", args: ARGUMENTS });
  });

  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Looks at the page with `act`, and makes sure that it asked for nothing and complained of nothing. */
  async function look(name: Name, options: BrowserContextOptions, act: (page: Page) => Promise<void>) {
    const context = await browser.newContext(options);
    const troubles: string[] = [];
    try {
      const page = await context.newPage();
      page.on("console", (message) => troubles.push(`${message.type()}: ${message.text()}`));
      page.on("pageerror", ({ message }) => troubles.push(message));
      await context.route("**", (route) => {
        const url = route.request().url();
        if (url.startsWith("file:")) return route.continue();
        troubles.push(`asked for ${url}`);
        return route.abort();
      });
      const requests: string[] = [];
      page.on("request", (request) => requests.push(request.url()));
      const url = pathToFileURL(files[name] as string).href;
      await page.goto(url);
      await act(page);
      expect(requests).toEqual([url]);
      expect(troubles).toEqual([]);
    } finally {
      await context.close();
    }
  }

  test("draws every chart, without a request and without a complaint", async () => {
    await look("promoted", { viewport: { width: 1280, height: 900 } }, async (page) => {
      expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Promoted");
      const drawn = await coloursDrawn(page);
      expect(drawn).toHaveLength(7);
      for (const colours of drawn) expect(colours).toBeGreaterThan(5);
      // while nobody points anywhere, the legend says how it ended
      expect(await legend(page)).toContain("in force100 %");
    });
  });

  test("has no more width than a phone, and its tables become cards", async () => {
    await look("promoted", { viewport: { width: 390, height: 800 } }, async (page) => {
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(390);
      expect(await page.locator(".steps thead").isVisible()).toBe(false);
      expect(await plotWidth(page)).toBeLessThan(390);
    });
  });

  test.for(["light", "dark"] as const)("what failed is readable on a phone too (%s)", async (colorScheme) => {
    await look("failing", { colorScheme, viewport: { width: 390, height: 800 } }, async (page) => {
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(390);
      expect(await page.locator(".kinds tbody tr").allInnerTexts()).toEqual([
        expect.stringMatching(/^503 from the server\s+\d+\s+100 %\s+0$/),
      ]);
      expect(await page.locator(".samples tbody tr").count()).toBe(20);
      const red = colorScheme === "dark" ? "rgb(245, 138, 132)" : "rgb(180, 35, 35)";
      const lost =
        "[...document.querySelectorAll('.figure')].find(({ textContent }) => textContent.includes('sessions lost'))";
      expect(await page.evaluate(`getComputedStyle(${lost}.querySelector("b")).color`)).toBe(red);
    });
  });

  test("follows the dark, in its charts too, and is light on paper", async () => {
    await look("promoted", { colorScheme: "dark", viewport: { width: 1280, height: 900 } }, async (page) => {
      expect(await ground(page)).toBe("rgb(16, 21, 27)");
      expect(await hasColour(page, [242, 145, 61])).toBe(true);
      await page.emulateMedia({ colorScheme: "light" });
      // the page is told of it a moment later
      await expect.poll(() => ground(page)).toBe("rgb(246, 247, 249)");
      await expect.poll(() => hasColour(page, [198, 81, 2])).toBe(true);
      await page.emulateMedia({ colorScheme: "dark" });
      await expect.poll(() => hasColour(page, [242, 145, 61])).toBe(true);
      await page.evaluate("dispatchEvent(new Event('beforeprint'))");
      expect(await hasColour(page, [198, 81, 2])).toBe(true);
      expect(await plotWidth(page)).toBeLessThan(700);
      await page.evaluate("dispatchEvent(new Event('afterprint'))");
      expect(await hasColour(page, [242, 145, 61])).toBe(true);
    });
  });

  test("looks closer in all charts at once, and back", async () => {
    await look("promoted", { viewport: { width: 1280, height: 2000 } }, async (page) => {
      const plot = page.locator(".u-over").first();
      const { x, y, width } = (await plot.boundingBox()) as { x: number; y: number; width: number };
      const whole = await Promise.all([0, 3].map((chart) => snapshot(page, chart)));
      await page.mouse.move(x + width / 4, y + 40);
      expect(await legend(page)).toContain("in force10 %");
      await page.mouse.down();
      await page.mouse.move(x + width / 2, y + 40);
      await page.mouse.up();
      const closer = await Promise.all([0, 3].map((chart) => snapshot(page, chart)));
      expect(closer[0]).not.toBe(whole[0]);
      expect(closer[1]).not.toBe(whole[1]);
      await plot.dblclick();
      expect(await Promise.all([0, 3].map((chart) => snapshot(page, chart)))).toEqual(whole);
    });
  });

  test("shows what came from outside as text", async () => {
    await look("hostile", {}, async (page) => {
      expect(await page.title()).toContain("</script>");
      expect(await page.locator("img").count()).toBe(0);
      expect(await page.locator("canvas").count()).toBe(7);
    });
  });
});

/** Reads a chart's pixels from a copy: the browser warns of who reads from a canvas more than once. */
const pixels = `(canvas) => {
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  return copy.getImageData(0, 0, canvas.width, canvas.height).data;
}`;

/** How many colours each chart has: an empty one has one, an axis alone few. */
const coloursDrawn = (page: Page): Promise<number[]> =>
  page.evaluate(
    `[...document.querySelectorAll("canvas")].map((canvas) => new Set(new Uint32Array((${pixels})(canvas).buffer)).size)`,
  );

const hasColour = (page: Page, [red, green, blue]: [number, number, number]): Promise<boolean> =>
  page.evaluate(
    `(${pixels})(document.querySelector("canvas")).some((_, i, data) => i % 4 === 0 && data[i] === ${red} && data[i + 1] === ${green} && data[i + 2] === ${blue})`,
  );

const snapshot = (page: Page, chart: number): Promise<string> =>
  page.evaluate(`document.querySelectorAll("canvas")[${chart}].toDataURL()`);
const legend = async (page: Page): Promise<string> => (await page.locator(".u-legend").first().textContent()) ?? "";
const plotWidth = (page: Page): Promise<number> => page.evaluate('document.querySelector(".u-wrap").clientWidth');
const ground = (page: Page): Promise<string> => page.evaluate("getComputedStyle(document.body).backgroundColor");
