import { Command } from "commander";
import { type Cli, createCli, type Effects } from "./cli.ts";
import { basesAdd } from "./commands/bases-add.ts";
import { chatCommand } from "./commands/chat.ts";
import { type AddCommand, example } from "./commands/command.ts";
import { configCommand } from "./commands/config.ts";
import { contactsAdd } from "./commands/contacts-add.ts";
import { contactsList } from "./commands/contacts-list.ts";
import { contactsRemove } from "./commands/contacts-remove.ts";
import { dashboardCommand } from "./commands/dashboard.ts";
import { deprecationsCommand } from "./commands/deprecations.ts";
import { filesCheck } from "./commands/files-check.ts";
import { filesContent } from "./commands/files-content.ts";
import { filesDelete } from "./commands/files-delete.ts";
import { filesGet } from "./commands/files-get.ts";
import { filesList } from "./commands/files-list.ts";
import { filesPreview } from "./commands/files-preview.ts";
import { filesUpload } from "./commands/files-upload.ts";
import { jobsCancel } from "./commands/jobs-cancel.ts";
import { jobsCheckpoints } from "./commands/jobs-checkpoints.ts";
import { jobsCreate } from "./commands/jobs-create.ts";
import { jobsEstimate } from "./commands/jobs-estimate.ts";
import { jobsEvents } from "./commands/jobs-events.ts";
import { jobsGet } from "./commands/jobs-get.ts";
import { jobsList } from "./commands/jobs-list.ts";
import { jobsModel } from "./commands/jobs-model.ts";
import { jobsPause } from "./commands/jobs-pause.ts";
import { jobsResume } from "./commands/jobs-resume.ts";
import { jobsWatch } from "./commands/jobs-watch.ts";
import { keysCreate } from "./commands/keys-create.ts";
import { keysList } from "./commands/keys-list.ts";
import { keysRevoke } from "./commands/keys-revoke.ts";
import { lifecycleApply } from "./commands/lifecycle-apply.ts";
import { lifecycleHistory } from "./commands/lifecycle-history.ts";
import { lifecycleNotices } from "./commands/lifecycle-notices.ts";
import { lifecyclePlan } from "./commands/lifecycle-plan.ts";
import { lifecyclePolicies } from "./commands/lifecycle-policies.ts";
import { lifecycleReplay } from "./commands/lifecycle-replay.ts";
import { lifecycleShow } from "./commands/lifecycle-show.ts";
import { lifecycleStatus } from "./commands/lifecycle-status.ts";
import { lifecycleUndo } from "./commands/lifecycle-undo.ts";
import { modelsDelete } from "./commands/models-delete.ts";
import { modelsExport } from "./commands/models-export.ts";
import { modelsGet } from "./commands/models-get.ts";
import { modelsImport } from "./commands/models-import.ts";
import { modelsList } from "./commands/models-list.ts";
import { modelsVerify } from "./commands/models-verify.ts";
import { organizationsCreate } from "./commands/organizations-create.ts";
import { organizationsList } from "./commands/organizations-list.ts";
import { permissionsGrant } from "./commands/permissions-grant.ts";
import { permissionsList } from "./commands/permissions-list.ts";
import { permissionsRevoke } from "./commands/permissions-revoke.ts";
import { projectsCreate } from "./commands/projects-create.ts";
import { projectsList } from "./commands/projects-list.ts";
import { requestsCommand } from "./commands/requests.ts";
import { startCommand } from "./commands/start.ts";
import { usageCommand } from "./commands/usage.ts";
import { webhooksCreate } from "./commands/webhooks-create.ts";
import { webhooksDelete } from "./commands/webhooks-delete.ts";
import { webhooksDeliveries } from "./commands/webhooks-deliveries.ts";
import { webhooksGet } from "./commands/webhooks-get.ts";
import { webhooksList } from "./commands/webhooks-list.ts";
import { webhooksReplay } from "./commands/webhooks-replay.ts";
import { webhooksRotate } from "./commands/webhooks-rotate.ts";
import { webhooksTest } from "./commands/webhooks-test.ts";
import { webhooksUpdate } from "./commands/webhooks-update.ts";

const groups = {
  files: [
    "Check, preview, upload, list and read files.",
    [filesCheck, filesPreview, filesUpload, filesList, filesGet, filesContent, filesDelete],
  ],
  jobs: [
    "Create and follow fine-tuning jobs.",
    [
      jobsCreate,
      jobsEstimate,
      jobsList,
      jobsGet,
      jobsWatch,
      jobsModel,
      jobsPause,
      jobsResume,
      jobsCancel,
      jobsEvents,
      jobsCheckpoints,
    ],
  ],
  models: [
    "List, export, import and delete models.",
    [modelsList, modelsGet, modelsExport, modelsVerify, modelsImport, modelsDelete],
  ],
  bases: ["Add base models on this machine.", [basesAdd]],
  lifecycle: [
    "Dates of models, and who may still train: plan, apply and undo changes; see where you stand.",
    [
      lifecyclePlan,
      lifecycleApply,
      lifecycleShow,
      lifecycleStatus,
      lifecycleNotices,
      lifecycleHistory,
      lifecycleUndo,
      lifecyclePolicies,
      lifecycleReplay,
    ],
  ],
  permissions: [
    "Share tuned models with other projects (needs the admin key).",
    [permissionsGrant, permissionsList, permissionsRevoke],
  ],
  webhooks: [
    "Have events sent to your own services.",
    [
      webhooksCreate,
      webhooksList,
      webhooksGet,
      webhooksUpdate,
      webhooksDelete,
      webhooksRotate,
      webhooksTest,
      webhooksDeliveries,
      webhooksReplay,
    ],
  ],
  contacts: [
    "Say who gets notices by mail (needs the admin key).",
    [contactsAdd, contactsList, contactsRemove],
  ],
  keys: ["Manage API keys (needs the admin key).", [keysCreate, keysList, keysRevoke]],
  projects: ["Manage projects (needs the admin key).", [projectsCreate, projectsList]],
  organizations: [
    "Manage the organizations of a server (needs its operator's admin key).",
    [organizationsCreate, organizationsList],
  ],
} as const satisfies Record<string, readonly [string, readonly AddCommand[]]>;

function addGroups(program: Command, cli: Cli): void {
  for (const [name, [description, commands]] of Object.entries(groups)) {
    const group = program.command(name).description(description);
    for (const add of commands) add(group, cli);
  }
}

/** The whole command line; it throws a CommanderError where commander would end the process. */
export function createProgram(effects: Effects): Command {
  const program = new Command("perennial");
  const cli = createCli(effects, () => program.opts().json === true);
  program
    .description(
      "Fine-tune open-weights models and chat with them: OpenAI's fine-tuning platform on your machine.",
    )
    .version(effects.version, "-V, --version", "print the version")
    .option("--json", "print JSON, for programs")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => effects.out.write(text),
      writeErr: (text) => effects.err.write(text),
      // Whoever runs the program says it.
      outputError: () => {},
    })
    .exitOverride()
    .addHelpText(
      "after",
      example("perennial jobs create --model smollm2-135m-instruct --file train.jsonl --watch"),
    );
  startCommand(program, cli);
  dashboardCommand(program, cli);
  addGroups(program, cli);
  deprecationsCommand(program, cli);
  chatCommand(program, cli);
  usageCommand(program, cli);
  requestsCommand(program, cli);
  configCommand(program, cli);
  return program;
}
