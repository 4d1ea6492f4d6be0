import { Command } from "commander";
import { readSecret } from "../readSecret.ts";
import { UsageError } from "../usageError.ts";

async function password(options: { readonly remove?: boolean }): Promise<void> {
  const { removePassword, storePassword } = await import("../../kernel/server/index.ts");
  if (options.remove) {
    const had = await removePassword();
    process.stdout.write(had ? "The password is removed.\n" : "There was no password.\n");
    return;
  }
  const first = await readSecret("New password: ");
  if (process.stdin.isTTY && (await readSecret("Again: ")) !== first) {
    throw new UsageError("password: expected the same password twice, got two. Try again.");
  }
  process.stdout.write(`The password's hash is kept in ${await storePassword(first)}\n`);
}

/** `vitrine password`: sets what the login page of this user's servers takes beside the token. */
export function passwordCommand(): Command {
  return new Command("password")
    .description("Set a password for the login page; only its scrypt hash is kept.")
    .option("--remove", "take the password away, so that the token alone opens the workspace")
    .addHelpText(
      "after",
      `
The password is asked for, or read from what is piped in. Servers that already run keep the old one.

Examples:
  vitrine password
  vitrine password < password.txt
  vitrine password --remove`,
    )
    .action(password);
}
