import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The version that is restored, and that the templates were written with. */
const VERSION = '0.49.2';
/** The compiler unpacks itself at its first run. */
const TIMEOUT_MS = 120_000;
const MOST_OUTPUT_BYTES = 64 * 1024 * 1024;

/** What a run of the compiler came to. */
export interface Compiled {
  /** Every warning and error, as the compiler writes them; empty where there is none. */
  readonly faults: string;
}

/** Microsoft's Bicep compiler. */
export interface Compiler {
  readonly path: string;
  /** Runs one command. Any diagnostic is a fault, a warning too: the compiler ends with 0 for those. */
  run(...args: readonly string[]): Promise<Compiled>;
}

/** The compiler is neither there nor to be had. */
export class CompilerMissing extends Error {
  override readonly name = 'CompilerMissing';
  constructor(cause: unknown) {
    super(
      `dotnet could not restore version ${VERSION} of Bicep, and there is no bicep in PATH: install one of both (https://learn.microsoft.com/azure/azure-resource-manager/bicep/install).`,
      { cause },
    );
  }
}

/**
 * The pinned compiler from NuGet, restored into `folder` by `dotnet`, else the one in PATH. Throws `CompilerMissing` where neither can be had.
 *
 * @see https://www.nuget.org/packages/Azure.Bicep.CommandLine.linux-x64
 */
export async function bicepCompiler(folder: string): Promise<Compiler> {
  // The pinned one first: another version may find what this one does not, and a green check would turn red by itself.
  const path = await restored(folder).catch((cause: unknown) => {
    const other = inPath();
    if (other === undefined) throw new CompilerMissing(cause);
    return other;
  });
  return {
    path,
    async run(...args) {
      const env = { ...process.env, DOTNET_BUNDLE_EXTRACT_BASE_DIR: join(folder, 'unpacked') };
      const options = { env, timeout: TIMEOUT_MS, maxBuffer: MOST_OUTPUT_BYTES };
      try {
        const { stderr } = await run(path, [...args], options);
        return { faults: stderr.trim() };
      } catch (error) {
        const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
        return { faults: said === '' ? `bicep ${args.join(' ')}: ${String(error)}` : said };
      }
    },
  };
}

const program = process.platform === 'win32' ? 'bicep.exe' : 'bicep';

const inPath = (): string | undefined =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .filter((each) => each !== '')
    .map((each) => join(each, program))
    .find((each) => existsSync(each));

async function restored(folder: string): Promise<string> {
  const system = { linux: 'linux', darwin: 'osx', win32: 'win' }[String(process.platform)] ?? process.platform;
  const id = `Azure.Bicep.CommandLine.${system}-${process.arch}`;
  const path = join(folder, 'packages', id.toLowerCase(), VERSION, 'tools', program);
  if (existsSync(path)) return path;
  const project = join(folder, 'bicep.csproj');
  await mkdir(folder, { recursive: true });
  await writeFile(
    project,
    `<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net8.0</TargetFramework></PropertyGroup>
  <ItemGroup><PackageReference Include="${id}" Version="[${VERSION}]" ExcludeAssets="all" /></ItemGroup>
</Project>
`,
  );
  await run('dotnet', ['restore', project, '--packages', join(folder, 'packages')], { timeout: TIMEOUT_MS });
  return path;
}
