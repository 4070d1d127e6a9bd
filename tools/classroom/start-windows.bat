@echo off
rem Find the Python that the wheels are for; program\start.py does the rest.
rem -I: no variable or file of the user's leads it to another Python's modules.
rem This file is ASCII with CRLF: cmd reads others wrongly. no-python.txt is UTF-8.
setlocal EnableExtensions DisableDelayedExpansion

rem From within the zip, Explorer unpacks this file alone.
if not exist "%~dp0program\start.py" echo Unpack the whole zip first, then start again.
if not exist "%~dp0program\start.py" pause
if not exist "%~dp0program\start.py" exit /b 1

set "SUITS=import sys, sysconfig; sys.exit(sys.version_info[:2] != (@TUPLE@) or sysconfig.get_platform() != '@PLATFORM@')"

rem Without a Python, "python" is often a program that opens Microsoft's shop: it fails.
set "RUN="
python -I -c "%SUITS%" >nul 2>nul && set "RUN=python"
py -@PYTHON@ -I -c "%SUITS%" >nul 2>nul && set "RUN=py -@PYTHON@"
if not defined RUN goto none
%RUN% -I -X utf8 "%~dp0program\start.py" %*
set "CODE=%ERRORLEVEL%"
if "%~1"=="" if not "%CODE%"=="0" pause
exit /b %CODE%

:none
chcp 65001 >nul
type "%~dp0program\no-python.txt"
if "%~1"=="" start "" "%~dp0book\index.html"
if "%~1"=="" pause
exit /b 1
