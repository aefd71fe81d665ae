import type { FileReport } from "../../../contract/training-data.ts";
import { countError } from "../../../training-data/file-error.ts";

/** Beside what is wrong in the rows, so that a file is mended in one go. */
export const TooFew = ({ training }: { readonly training: FileReport }) => {
  const error = countError("training_file", training);
  return error && <p className="text-bad">{`${error.message}.`}</p>;
};
