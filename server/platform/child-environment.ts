const SECRET = /KEY|TOKEN|SECRET|PASSWORD|DATABASE_URL|SMTP_URL/i;

/** What a child process needs to run: the server's secrets stay with the server. */
export const childEnvironment = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !SECRET.test(name)));
