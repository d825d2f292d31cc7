import { expect, test } from "vitest";
import { html, json, raw, script } from "../../report/html.ts";

const HOSTILE = `</script><script>alert("1")</script><img src=x onerror='alert(1)'>&amp;`;

test("a value is text, whatever it holds", () => {
  const { text } = html`<p title="${HOSTILE}">${HOSTILE}</p>`;
  expect(text).not.toMatch(/<(?!\/?p[ >])/);
  expect(text.match(/["']/g)).toHaveLength(2); // the attribute's own
  expect(html`${"Tom & Jerry's"}`.text).toBe("Tom &#38; Jerry&#39;s");
});

test("HTML in HTML stays HTML; lists are joined, numbers are written, null is nothing", () => {
  expect(html`<ul>${[1, 2].map((n) => html`<li>${n}</li>`)}</ul>${null}${raw("<hr>")}`.text).toBe(
    "<ul><li>1</li><li>2</li></ul><hr>",
  );
});

test("JSON cannot close its element, and is read back unchanged", () => {
  const { text } = json({ reason: `${HOSTILE}<!--` });
  expect(text).not.toContain("<");
  expect(JSON.parse(text)).toEqual({ reason: `${HOSTILE}<!--` });
});

test("a script cannot close its element, and still works", () => {
  const source = 'return "</script><!--<SCRIPT>" + (1 < 2)';
  expect(script(source)).not.toMatch(/<(\/script|!--|script)/i);
  expect(new Function(script(source))()).toBe("</script><!--<SCRIPT>true");
});
