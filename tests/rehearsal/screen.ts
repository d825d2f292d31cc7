/** A terminal of so many columns, as far as progress uses one: `rows` is what a person would see, `log` all that was written. */
export function screen(columns: number | undefined) {
  const rows: string[] = [""];
  let log = "";
  const put = (text: string) => {
    for (const character of text) {
      if (character === "\n") rows.push("");
      else if (character !== "\r") {
        if (columns !== undefined && (rows.at(-1) as string).length >= columns) rows.push("");
        rows[rows.length - 1] += character;
      }
    }
  };
  const write = (text: string): boolean => {
    log += text;
    const [first, ...rest] = text.split("\u001b[");
    put(first as string);
    for (const part of rest) {
      const [, number, command, after] = part.match(/^(\d+)([AJm])(.*)$/s) as unknown as [
        string,
        string,
        string,
        string,
      ];
      // every way up is followed by an erasing of what was below
      if (command === "A") rows.splice(rows.length - 1 - Number(number), Number(number) + 1, "");
      put(after);
    }
    return true;
  };
  return { stream: { columns, write } as NodeJS.WriteStream, rows: () => rows.slice(0, -1), log: () => log };
}
