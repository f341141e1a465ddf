@echo off
rem Khue on Windows: the same as ./khue
where py >nul 2>nul
if %errorlevel%==0 (py -3 "%~dp0khue" %*) else (python "%~dp0khue" %*)
exit /b %errorlevel%
