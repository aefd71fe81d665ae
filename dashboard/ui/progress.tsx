/** `done` of 1; null: nobody knows how much is left. */
export const Progress = ({ label, done }: { readonly label: string; readonly done: number | null }) => (
  <div className="grid gap-1">
    <div className="flex justify-between text-sm text-soft">
      <span>{label}</span>
      {done !== null && <span className="tabular-nums">{Math.floor(done * 100)} %</span>}
    </div>
    <progress
      aria-label={label}
      max={1}
      {...(done === null ? {} : { value: done })}
      className="h-2 w-full appearance-none overflow-hidden rounded border-none bg-sunk indeterminate:animate-pulse [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-sunk [&::-webkit-progress-value]:bg-accent indeterminate:[&::-webkit-progress-bar]:bg-accent"
    />
  </div>
);
