@python "%~dp0khue" %*
