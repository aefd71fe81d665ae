const day = "((0[1-9]|1[0-2])-(0[1-9]|1\\d|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)";
const time = "([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,6})?(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)";
const byte = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const label = "[A-Za-z0-9]([A-Za-z0-9-]{0,28}[A-Za-z0-9])?";

/** OpenAI's formats, as patterns: what they let pass is of the format, though not all of it. */
export const formats: Readonly<Record<string, string>> = {
  date: `^\\d{4}-${day}$`,
  time: `^${time}$`,
  "date-time": `^\\d{4}-${day}T${time}$`,
  duration: "^P(\\d{1,4}W|\\d{1,4}D|T\\d{1,4}[HMS]|\\d{1,4}DT\\d{1,4}[HMS])$",
  email: `^[A-Za-z0-9_+-]{1,30}(\\.[A-Za-z0-9_+-]{1,30}){0,3}@(${label}\\.){1,4}[A-Za-z]{2,10}$`,
  hostname: `^${label}(\\.${label}){0,6}$`,
  ipv4: `^(${byte}\\.){3}${byte}$`,
  ipv6: "^([0-9a-f]{1,4}:){7}[0-9a-f]{1,4}$",
  uuid: "^[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
};
