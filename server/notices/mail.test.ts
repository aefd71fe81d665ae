import assert from "node:assert/strict";
import { test } from "node:test";
import { writeMail } from "./mail.ts";

const from = { name: "Perennial", address: "notices@example.com" };
const due = { id: "mail_1", address: "a@example.com", created_at: 1, attempts: 0, next_attempt_at: 1 };

const notice = (title: string, project: string, models: readonly string[] = []) => {
  const content = {
    previous_date: null,
    days_left: 5,
    models,
    models_total: models.length,
    keys: [],
    successor: null,
    reason: null,
    what_to_do: [],
    title,
    text: `${title}, as told to ${project}.\n`,
  };
  return { id: `ntc_${project}`, content: JSON.stringify(content), project } as const;
};

test("what hits several projects is told whole once, with a line for each further project", () => {
  const models = ["ft:a", "ft:b", "ft:c", "ft:d", "ft:e", "ft:f"];
  const mail = writeMail(due, [notice("A date", "one"), notice("A date", "two", models)], from);
  assert.equal(mail.subject, "A date");
  assert.match(mail.text, /as told to one/);
  assert.equal(mail.text.includes("as told to two"), false);
  assert.match(mail.text, /project two too: ft:a, .*ft:e and 1 more\. .*notices ntc_two$/m);
});

test("a mail has an end, however much there is to tell, and says what is left out", () => {
  const many = Array.from({ length: 200 }, (_, index) => notice(`Date ${index}`, `p${index}`));
  const mail = writeMail(due, many, from);
  assert.equal(mail.subject, "200 notices: Date 0");
  assert.match(mail.text, /170 notices more are not in this mail/);
  const alike = writeMail(
    due,
    many.map((_, index) => notice("Same", `p${index}`)),
    from,
  );
  assert.match(alike.text, /And 149 projects more\./);
  assert.ok(alike.text.length < 20_000);
});

test("what stands in names is shown, not obeyed", () => {
  const title = "<script>alert(1)</script>\r\nBcc: b@example.com";
  const mail = writeMail(due, [notice(title, '"><img src=x>\u2028Bcc:')], from);
  assert.equal(/[\r\n\u2028]/.test(mail.subject), false);
  assert.equal(/<script|<img/.test(mail.html), false);
  assert.ok(mail.html.includes("&lt;script&gt;") && mail.html.includes("&quot;&gt;&lt;img src=x&gt; Bcc:"));
});
