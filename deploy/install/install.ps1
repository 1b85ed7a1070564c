# Installs lmsync @VERSION@ for this user, on Windows:
#
#   irm @URL@/install.ps1 | iex
#
# It downloads the archive, compares its SHA-256 with the one below, puts the program into
# %LOCALAPPDATA%\Programs\lmsync, and adds that folder to the user's PATH. It needs no administrator.
#
#   $env:LMSYNC_INSTALL_DIR = 'DIR'    puts the program into DIR instead, and leaves PATH as it is
#   $env:LMSYNC_DOWNLOAD_URL = 'URL'   takes the archive from URL, such as a mirror's

# Adds a folder to the user's PATH, whose other entries stay as they are written, such as %USERPROFILE%\bin.
function Add-ToPath([string] $folder) {
    $path = (Get-Item 'HKCU:\Environment').GetValue('Path', '', 'DoNotExpandEnvironmentNames')
    $entries = @($path -split ';' | Where-Object { $_ })
    if ($entries -contains $folder) { return }
    $new = ($entries + $folder) -join ';'
    New-ItemProperty -Force -Path 'HKCU:\Environment' -Name 'Path' -Value $new -PropertyType ExpandString | Out-Null
    # .NET says to the running programs that the environment has changed; the registry alone does not.
    [Environment]::SetEnvironmentVariable('LMSYNC_INSTALLED', $null, 'User')
    $env:Path = "$env:Path;$folder"
    Write-Output 'It is in the PATH of this terminal, and of each that you open from now on.'
}

# Puts a new program in the place of an old one. Windows lets a program that runs be renamed, but not replaced or
# removed: what an update leaves of it, a later one removes.
function Set-Program([string] $new, [string] $program) {
    $old = "$program.$([Guid]::NewGuid()).old"
    $isThere = Test-Path -LiteralPath $program
    if ($isThere) { Move-Item -LiteralPath $program -Destination $old }
    try {
        Move-Item -LiteralPath $new -Destination $program
    }
    catch {
        if ($isThere) { Move-Item -LiteralPath $old -Destination $program }
        throw
    }
    Get-ChildItem -LiteralPath (Split-Path -Parent $program) -Filter 'lmsync.exe.*.old' |
        Remove-Item -Force -ErrorAction SilentlyContinue
}

function Install-Lmsync {
    $ErrorActionPreference = 'Stop'
    # Without its bar, Windows PowerShell downloads many times faster.
    $ProgressPreference = 'SilentlyContinue'
    # Windows PowerShell 5.1 may offer older versions alone.
    [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor 3072

    if ($env:OS -ne 'Windows_NT') {
        throw 'lmsync is not installed: this script is for Windows, install.sh for Linux and macOS'
    }
    # A variable of that name in the person's own session is not meant.
    $new = $null
    $name = 'lmsync-@VERSION@-x86_64-pc-windows-gnu'
    $expected = '@SUM_x86_64-pc-windows-gnu@'
    $url = if ($env:LMSYNC_DOWNLOAD_URL) { $env:LMSYNC_DOWNLOAD_URL } else { '@URL@' }
    $folder = Join-Path $env:LOCALAPPDATA 'Programs\lmsync'
    if ($env:LMSYNC_INSTALL_DIR) { $folder = $env:LMSYNC_INSTALL_DIR }

    # Windows 11 on Arm runs programs for x86-64 as well; 32-bit Windows does not.
    if (-not [Environment]::Is64BitOperatingSystem) {
        throw 'lmsync is not installed: there is no archive for 32-bit Windows'
    }

    $temporary = Join-Path ([IO.Path]::GetTempPath()) ('lmsync-' + [Guid]::NewGuid())
    New-Item -ItemType Directory -Path $temporary | Out-Null
    try {
        $archive = Join-Path $temporary "$name.zip"
        Invoke-WebRequest -UseBasicParsing -Uri "$url/$name.zip" -OutFile $archive
        $found = (Get-FileHash -Algorithm SHA256 -LiteralPath $archive).Hash.ToLowerInvariant()
        if ($found -ne $expected) {
            throw "lmsync is not installed: $url/$name.zip has the SHA-256 $found, and should have $expected"
        }
        Expand-Archive -LiteralPath $archive -DestinationPath $temporary

        New-Item -ItemType Directory -Force -Path $folder | Out-Null
        $program = Join-Path $folder 'lmsync.exe'
        $new = Join-Path $folder "lmsync-$PID.exe"
        $updates = Test-Path -LiteralPath $program
        # A copy gets the rights of its folder.
        Copy-Item -Force -LiteralPath (Join-Path $temporary "$name\lmsync.exe") -Destination $new
        $said = & $new --version
        if ($LASTEXITCODE -ne 0) { throw 'lmsync is not installed: the program does not run here' }
        Set-Program $new $program
    }
    finally {
        Remove-Item -Recurse -Force -ErrorAction SilentlyContinue -LiteralPath $temporary
        if ($new) { Remove-Item -Force -ErrorAction SilentlyContinue -LiteralPath $new }
    }

    Write-Output "$said is installed as $program"
    if ($updates) {
        Write-Output 'What runs already goes on as the old version; lmsync service install restarts the service.'
    }
    if (-not $env:LMSYNC_INSTALL_DIR) { Add-ToPath $folder }
    Write-Output 'Next: lmsync sync --dry-run shows what would change, and where.'
}

Install-Lmsync
