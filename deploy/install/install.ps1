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
    Write-Output 'It is in the PATH of each terminal that you open from now on.'
}

function Install-Lmsync {
    $ErrorActionPreference = 'Stop'
    # Without its bar, Windows PowerShell downloads many times faster.
    $ProgressPreference = 'SilentlyContinue'
    # Windows PowerShell 5.1 may offer older versions alone.
    [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor 3072

    $name = 'lmsync-@VERSION@-x86_64-pc-windows-gnu'
    $expected = '@SUM_x86_64-pc-windows-gnu@'
    $url = if ($env:LMSYNC_DOWNLOAD_URL) { $env:LMSYNC_DOWNLOAD_URL } else { '@URL@' }
    $folder = Join-Path $env:LOCALAPPDATA 'Programs\lmsync'
    if ($env:LMSYNC_INSTALL_DIR) { $folder = $env:LMSYNC_INSTALL_DIR }

    # Windows on Arm runs programs for x86-64 as well; 32-bit Windows does not.
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
        $old = Join-Path $folder 'lmsync.old.exe'
        Remove-Item -Force -ErrorAction SilentlyContinue -LiteralPath $old
        # Windows lets a program that runs be renamed, but not replaced.
        if (Test-Path -LiteralPath $program) { Move-Item -Force -LiteralPath $program -Destination $old }
        Copy-Item -LiteralPath (Join-Path $temporary "$name\lmsync.exe") -Destination $program
        Remove-Item -Force -ErrorAction SilentlyContinue -LiteralPath $old
    }
    finally {
        Remove-Item -Recurse -Force -ErrorAction SilentlyContinue -LiteralPath $temporary
    }

    Write-Output "$(& $program --version) is installed as $program"
    if (-not $env:LMSYNC_INSTALL_DIR) { Add-ToPath $folder }
    Write-Output 'Next: lmsync sync --dry-run shows what would change, and where.'
}

Install-Lmsync
